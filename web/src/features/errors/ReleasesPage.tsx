import type { ReactNode } from "react";
import { useState } from "react";
import { type Release, useReleases } from "@/api/releases";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import { compact, count, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";
import { TextFilter } from "@/ui/TextFilter";
import { useDefer } from "@/ui/useDefer";
import { CrashFree } from "./crash-free";
import { ErrorTabs } from "./ErrorTabs";
import { ReleaseDetail } from "./ReleaseDetail";
import "./errors.css";

const PAGE = 50;
const TYPING_MS = 200;

/** Versions with what they brought: new issues, regressions, crash-free sessions, deploys. */
export function ReleasesPage(): ReactNode {
  const scope = useScope();
  const [search] = useSearchState();
  return (
    <div className="page errors">
      <ErrorTabs current="releases" />
      {search.version ? (
        <ReleaseDetail key={search.version} scope={scope} version={search.version} />
      ) : (
        <List scope={scope} />
      )}
    </div>
  );
}

function List({ scope }: { scope: Scope }): ReactNode {
  const [text, setText] = useState("");
  const [offset, setOffset] = useState(0);
  const { value, refreshing } = useReleases(scope, useDefer(text.trim(), TYPING_MS), offset);
  const next = value.state === "ready" ? value.data.next_offset : null;
  return (
    <section className="panel open" aria-label="Releases">
      {refreshing ? <div className="progress" /> : null}
      <TextFilter
        label="Find a release"
        placeholder="Part of the version"
        text={text}
        onText={(typed) => {
          setText(typed);
          setOffset(0);
        }}
      >
        <span className="faint s" aria-live="polite">
          {value.state === "ready" ? releasesText(value.data.total) : ""}
        </span>
      </TextFilter>
      <Async
        value={value}
        empty={null}
        minHeight={360}
        skeleton={<SkeletonRows rows={10} height={44} />}
      >
        {({ releases, total }) => (
          <Table
            label="Releases"
            rows={releases}
            rowKey={(row) => row.version}
            columns={columnsOf(scope.zone)}
            empty={
              total === 0 ? (
                <>
                  No release was seen. Give your SDK a <code>release</code>, or tell one with{" "}
                  <code>sentry-cli releases new</code>.
                </>
              ) : (
                "No release matches."
              )
            }
          />
        )}
      </Async>
      {offset > 0 || next !== null ? (
        <p className="issue-more row">
          <Button
            reason={offset === 0 ? "These are the newest" : undefined}
            onClick={() => setOffset(Math.max(0, offset - PAGE))}
          >
            Newer
          </Button>
          <Button
            reason={next === null ? "There are no older ones" : undefined}
            onClick={() => (next === null ? undefined : setOffset(next))}
          >
            Older
          </Button>
        </p>
      ) : null}
    </section>
  );
}

const releasesText = (total: number): string =>
  `${count(total)} ${total === 1 ? "release" : "releases"}`;

const columnsOf = (zone: string): readonly Column<Release>[] => [
  {
    head: "Release",
    cell: (row) => (
      <PageLink
        to="errors/releases"
        search={{ version: row.version }}
        className="name mono trunc"
        title={row.version}
      >
        {row.version}
      </PageLink>
    ),
  },
  {
    head: "Deployed",
    width: "220px",
    isWideOnly: true,
    cell: (row) => <Deployed row={row} zone={zone} />,
  },
  {
    head: "First seen",
    width: "90px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => <Seen atMs={row.first_seen_ms} zone={zone} />,
  },
  {
    head: "Last seen",
    width: "90px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => <Seen atMs={row.last_seen_ms} zone={zone} />,
  },
  { head: "New issues", width: "88px", isNumber: true, cell: (row) => count(row.new_issues) },
  {
    head: "Regressions",
    width: "96px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => count(row.regressions),
  },
  { head: "Events", width: "76px", isNumber: true, cell: (row) => compact(row.events) },
  {
    head: "Users",
    width: "76px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => compact(row.users),
  },
  {
    head: "Crash-free",
    width: "88px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => <CrashFree ratio={row.health?.crash_free_sessions_ratio} />,
  },
  {
    head: "Adoption",
    width: "84px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => (row.health?.adoption_ratio == null ? "–" : percent(row.health.adoption_ratio)),
  },
  {
    head: "Commits",
    width: "80px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => (row.commits > 0 ? count(row.commits) : "–"),
  },
];

/** Where it runs: the newest deploy of each environment. */
function Deployed({ row, zone }: { row: Release; zone: string }): ReactNode {
  if (row.deploys.length === 0) return <span className="faint">–</span>;
  return (
    <span className="row deployed">
      {row.deploys.map((one) => (
        <span key={one.id} className="row nowrap">
          <Tag tone={one.status === "failure" ? "crit" : "plain"}>
            {one.status === "failure" ? `${one.environment}, failed` : one.environment}
          </Tag>
          <span className="faint s">
            <Ago atMs={one.finished_ms ?? one.started_ms} zone={zone} />
          </span>
        </span>
      ))}
    </span>
  );
}

function Seen({ atMs, zone }: { atMs: number | null; zone: string }): ReactNode {
  return atMs === null ? "–" : <Ago atMs={atMs} zone={zone} kind="bare" />;
}
