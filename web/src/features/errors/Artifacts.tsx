import { type ReactNode, useState } from "react";
import { type Artifact, useArtifacts } from "@/api/releases";
import type { Scope } from "@/api/scope";
import { showText } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Panel } from "@/ui/Panel";
import { Table } from "@/ui/Table";

const PAGE = 50;

/** Source maps and sources that were uploaded for a release. */
export function Artifacts({ scope, version }: { scope: Scope; version: string }): ReactNode {
  const [offset, setOffset] = useState(0);
  const value = useArtifacts(scope.project.id, version, offset);
  const next = value.state === "ready" ? value.data.next_offset : null;
  return (
    <Panel title="Artifacts" note="source maps and sources that were uploaded for it">
      <Async value={value} empty={null} minHeight={80} skeleton={<SkeletonRows rows={2} />}>
        {({ artifacts }) => (
          <Table
            label="Artifacts"
            rows={artifacts}
            rowKey={(row) => `${row.url} ${row.debug_id} ${row.uploaded_ms} ${row.kind}`}
            columns={columnsOf(scope.zone)}
            empty={
              <>
                Nothing was uploaded:{" "}
                <code>sentry-cli sourcemaps upload --release {version} ./dist</code>.
              </>
            }
          />
        )}
      </Async>
      {offset > 0 || next !== null ? (
        <p className="issue-more row">
          <Button
            reason={offset === 0 ? "These are the first" : undefined}
            onClick={() => setOffset(Math.max(0, offset - PAGE))}
          >
            Back
          </Button>
          <Button
            reason={next === null ? "There are no more" : undefined}
            onClick={() => (next === null ? undefined : setOffset(next))}
          >
            More
          </Button>
        </p>
      ) : null}
    </Panel>
  );
}

const columnsOf = (zone: string) => [
  {
    head: "File",
    cell: (row: Artifact) => (
      <span className="mono trunc" title={row.url}>
        {row.url}
      </span>
    ),
  },
  {
    head: "Kind",
    width: "130px",
    isWideOnly: true,
    cell: (row: Artifact) => row.kind.replaceAll("_", " "),
  },
  {
    head: "Debug id",
    width: "110px",
    isWideOnly: true,
    cell: (row: Artifact) => (
      <span className="mono" title={row.debug_id}>
        {row.debug_id.slice(0, 8) || "–"}
      </span>
    ),
  },
  {
    head: "Size",
    width: "84px",
    isNumber: true,
    cell: (row: Artifact) => showText(row.size_bytes, "bytes"),
  },
  {
    head: "Uploaded",
    width: "100px",
    isNumber: true,
    cell: (row: Artifact) => <Ago atMs={row.uploaded_ms} zone={zone} kind="bare" />,
  },
];
