import type { ReactNode } from "react";
import { type SimilarIssue, useMerged, useSimilar } from "@/api/issue-facts";
import type { IssueDetail } from "@/api/issues";
import type { Scope } from "@/api/scope";
import { compact, count, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { Table } from "@/ui/Table";
import type { Acts } from "./actions";

interface SimilarProps {
  issue: IssueDetail;
  scope: Scope;
  acts: Acts;
}

/** Issues that may be the same fault, and those that were already made part of this one. */
export function SimilarView(props: SimilarProps): ReactNode {
  const { scope, issue } = props;
  const similar = useSimilar(scope.project.id, issue.short_id);
  const merged = useMerged(scope.project.id, issue.short_id);
  // Both at once: what comes first would move the other.
  if (similar.state === "loading" || merged.state === "loading")
    return (
      <section className="panel" aria-busy="true" aria-label="Loading">
        <SkeletonRows rows={6} />
      </section>
    );
  return (
    <div className="stack">
      <Similar {...props} value={similar} />
      <Merged {...props} value={merged} />
    </div>
  );
}

function Similar({
  issue,
  scope,
  acts,
  value,
}: SimilarProps & { value: ReturnType<typeof useSimilar> }): ReactNode {
  const lookedAt = value.state === "ready" ? value.data.looked_at : null;
  return (
    <Panel
      title="Similar issues"
      note={lookedAt === null ? null : `of ${count(lookedAt)} issues that were compared`}
    >
      <Async value={value} empty={null} minHeight={120} skeleton={<SkeletonRows rows={3} />}>
        {({ issues }) => (
          <Table
            label="Similar issues"
            rows={issues}
            rowKey={(row) => row.short_id}
            empty="No other issue of the project is like this one."
            columns={[
              {
                head: "Issue",
                cell: (row) => (
                  <span className="similar">
                    <PageLink
                      to={`errors/${row.short_id}`}
                      className="link trunc"
                      title={row.title}
                    >
                      {row.title}
                    </PageLink>
                    <span className="faint s trunc">
                      <span className="mono">{row.short_id}</span> {reasonsOf(row)}
                    </span>
                  </span>
                ),
              },
              {
                head: "Alike",
                isNumber: true,
                width: "64px",
                cell: (row) => percent(row.score).replace(/\.\d+ /, " "),
              },
              {
                head: "Events",
                isNumber: true,
                isWideOnly: true,
                width: "72px",
                cell: (row) => compact(row.events),
              },
              {
                head: "Last seen",
                isNumber: true,
                isWideOnly: true,
                width: "90px",
                cell: (row) => <Ago atMs={row.last_seen_ms} zone={scope.zone} kind="bare" />,
              },
              {
                head: "Merge",
                isSilent: true,
                width: "84px",
                cell: (row) => (
                  <Button
                    small
                    aria-label={`Merge ${row.short_id} into this issue`}
                    onClick={() => acts.merge({ into: issue.short_id, ids: [row.short_id] })}
                  >
                    Merge
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Async>
    </Panel>
  );
}

/** "same type, places 3 of …": why two issues look alike. */
export function reasonsOf(row: SimilarIssue): string {
  return [
    row.same_type ? "same type" : "",
    row.places.length > 0 ? `same places: ${row.places.slice(0, 2).join(", ")}` : "",
    row.words.length > 0 ? `same words: ${row.words.slice(0, 4).join(" ")}` : "",
  ]
    .filter((one) => one !== "")
    .join("; ");
}

function Merged({
  issue,
  scope,
  acts,
  value,
}: SimilarProps & { value: ReturnType<typeof useMerged> }): ReactNode {
  return (
    <Panel
      title="Merged into this one"
      note={value.state === "ready" ? `own fingerprints ${value.data.own_hashes.join(", ")}` : null}
    >
      <Async value={value} empty={null} minHeight={80} skeleton={<SkeletonRows rows={2} />}>
        {({ merged }) => (
          <Table
            label="Merged issues"
            rows={merged}
            rowKey={(row) => row.short_id}
            empty="No other issue is part of this one."
            columns={[
              {
                head: "Issue",
                cell: (row) => (
                  <span className="similar">
                    <span className="trunc" title={row.title}>
                      {row.title}
                    </span>
                    <span className="faint s trunc mono">
                      {row.short_id} {row.hashes.join(", ")}
                    </span>
                  </span>
                ),
              },
              {
                head: "Events",
                isNumber: true,
                width: "72px",
                cell: (row) => compact(row.events),
              },
              {
                head: "Merged",
                isNumber: true,
                isWideOnly: true,
                width: "100px",
                cell: (row) => <Ago atMs={row.merged_ms} zone={scope.zone} />,
              },
              {
                head: "Take out",
                isSilent: true,
                width: "96px",
                cell: (row) => (
                  <Button
                    small
                    aria-label={`Take ${row.short_id} out again`}
                    onClick={() => acts.unmerge({ from: issue.short_id, ids: [row.short_id] })}
                  >
                    Take out
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Async>
    </Panel>
  );
}
