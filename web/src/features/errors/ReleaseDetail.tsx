import type { ReactNode } from "react";
import { type IssueFilter, useIssueTotal } from "@/api/issues";
import {
  type Commit,
  type Deploy,
  type Release,
  useCommits,
  useRelease,
  useReleaseHealth,
} from "@/api/releases";
import type { Scope } from "@/api/scope";
import { moment } from "@/lib/time";
import { compact, count, duration } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { SeverityBars } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel, Tag } from "@/ui/Panel";
import { Table } from "@/ui/Table";
import { Artifacts } from "./Artifacts";
import { precise } from "./crash-free";
import { HealthPanels } from "./HealthPanels";
import { ALL } from "./views";

interface DetailProps {
  scope: Scope;
  version: string;
}

/** One version: how it does, the issues that began in it, its deploys and commits. */
export function ReleaseDetail({ scope, version }: DetailProps): ReactNode {
  const release = useRelease(scope, version);
  const issues = useIssueTotal(scope.project.id, firstSeenIn(version), true, MOST);
  const commits = useCommits(scope.project.id, version);
  const health = useReleaseHealth(scope, version);
  // All at once: what comes first would move the others.
  const isLoading = [release, issues, commits, health].some((one) => one.state === "loading");
  return (
    <>
      <div className="release-head">
        <PageLink to="errors/releases" className="link">
          All releases
        </PageLink>
        <h2 className="mono">{version}</h2>
      </div>
      {isLoading ? (
        <section className="panel" aria-busy="true" aria-label="Loading">
          <SkeletonRows rows={12} />
        </section>
      ) : (
        <>
          <section className="panel open" aria-label="Figures">
            <Async value={release} empty={null}>
              {(data) => <Figures release={data} zone={scope.zone} />}
            </Async>
          </section>
          <HealthPanels value={health} scope={scope} />
          <FirstSeenIn value={issues} version={version} zone={scope.zone} />
          <Panel title="Deploys">
            <Async value={release} empty={null}>
              {(data) => <Deploys deploys={data.deploys} zone={scope.zone} />}
            </Async>
          </Panel>
          <Commits value={commits} zone={scope.zone} />
          <Artifacts scope={scope} version={version} />
        </>
      )}
    </>
  );
}

const EVER = { from: "now-365d", to: "now" };

const quoted = (version: string): string =>
  /^[^\s"[\],*]+$/.test(version) ? version : `"${version.replaceAll('"', '\\"')}"`;

const firstSeenIn = (version: string): IssueFilter => ({
  range: EVER,
  q: `first_release:${quoted(version)}`,
  environment: null,
  release: null,
  sort: "events",
});

function Figures({ release, zone }: { release: Release; zone: string }): ReactNode {
  const { health } = release;
  return (
    <dl className="totals">
      <Figure
        name="Events"
        value={compact(release.events)}
        note={`${compact(release.users)} users`}
      />
      <Figure name="New issues" value={count(release.new_issues)} note="first seen in it" />
      <Figure name="Regressions" value={count(release.regressions)} note="came back in it" />
      <Figure
        name="Crash-free sessions"
        value={precise(health?.crash_free_sessions_ratio)}
        note={health ? `of ${compact(health.sessions)}` : "no sessions were sent"}
      />
      <Figure
        name="Crash-free users"
        value={precise(health?.crash_free_users_ratio)}
        note={
          health
            ? health.users > 0
              ? `of ${compact(health.users)}`
              : "no session says whose it is"
            : "no sessions were sent"
        }
      />
      <div>
        <dt>First seen</dt>
        <dd>
          {release.first_seen_ms === null ? (
            "–"
          ) : (
            <Ago atMs={release.first_seen_ms} zone={zone} kind="bare" />
          )}
        </dd>
        <dd className="muted s">
          {release.last_seen_ms === null ? (
            "not yet"
          ) : (
            <>
              last <Ago atMs={release.last_seen_ms} zone={zone} />
            </>
          )}
        </dd>
      </div>
    </dl>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd className="muted s">{note}</dd>
    </div>
  );
}

interface FirstSeenProps {
  value: ReturnType<typeof useIssueTotal>;
  version: string;
  zone: string;
}

function FirstSeenIn({ value, version, zone }: FirstSeenProps): ReactNode {
  const { q } = firstSeenIn(version);
  return (
    <Panel
      title="Issues first seen in it"
      more={
        <PageLink to="errors" search={{ q, tab: ALL }} className="more">
          All of them
        </PageLink>
      }
    >
      <Async value={value} empty={null} minHeight={120} skeleton={<SkeletonRows rows={3} />}>
        {({ issues }) => (
          <Table
            label="Issues first seen in it"
            rows={issues}
            rowKey={(row) => row.short_id}
            empty="No issue began in this release."
            columns={[
              {
                head: "Issue",
                cell: (row) => (
                  <PageLink to={`errors/${row.short_id}`} className="name trunc" title={row.title}>
                    <SeverityBars severity={row.severity} />{" "}
                    <span className="mono">{row.short_id}</span> {row.title}
                  </PageLink>
                ),
              },
              { head: "Status", width: "100px", isWideOnly: true, cell: (row) => row.status },
              {
                head: "Events",
                width: "76px",
                isNumber: true,
                cell: (row) => compact(row.events),
              },
              {
                head: "Last seen",
                width: "90px",
                isNumber: true,
                isWideOnly: true,
                cell: (row) => <Ago atMs={row.last_seen_ms} zone={zone} kind="bare" />,
              },
            ]}
          />
        )}
      </Async>
    </Panel>
  );
}

const MOST = 20;

function Deploys({ deploys, zone }: { deploys: readonly Deploy[]; zone: string }): ReactNode {
  return (
    <Table
      label="Deploys"
      rows={deploys}
      rowKey={(row) => row.id}
      empty="No deploy of this release was told."
      columns={[
        { head: "Environment", cell: (row) => row.environment },
        {
          head: "Status",
          width: "110px",
          cell: (row) => (
            <Tag
              tone={row.status === "failure" ? "crit" : row.status === "success" ? "ok" : "plain"}
            >
              {row.status.replace("_", " ")}
            </Tag>
          ),
        },
        {
          head: "Began",
          width: "190px",
          cell: (row) => moment(row.started_ms, zone, Date.now()),
        },
        {
          head: "Took",
          width: "90px",
          isNumber: true,
          isWideOnly: true,
          cell: (row) => (row.duration_ms === null ? "–" : duration(row.duration_ms)),
        },
      ]}
    />
  );
}

function Commits({
  value,
  zone,
}: {
  value: ReturnType<typeof useCommits>;
  zone: string;
}): ReactNode {
  return (
    <Panel title="Commits">
      <Async value={value} empty={null} minHeight={80} skeleton={<SkeletonRows rows={2} />}>
        {({ commits }) => (
          <Table
            label="Commits"
            rows={commits}
            rowKey={(row) => row.id}
            empty="No commits were told for this release."
            columns={[
              { head: "Commit", cell: (row: Commit) => <CommitName commit={row} /> },
              { head: "Author", width: "150px", isWideOnly: true, cell: (row) => row.author_name },
              {
                head: "Files",
                width: "64px",
                isNumber: true,
                isWideOnly: true,
                cell: (row) => (row.files.length > 0 ? count(row.files.length) : "–"),
              },
              {
                head: "When",
                width: "110px",
                isNumber: true,
                cell: (row) =>
                  row.committed_ms === null ? "–" : <Ago atMs={row.committed_ms} zone={zone} />,
              },
            ]}
          />
        )}
      </Async>
    </Panel>
  );
}

const CommitName = ({ commit }: { commit: Commit }): ReactNode => (
  <span className="trunc" title={commit.message}>
    <span className="mono">{commit.id.slice(0, 8)}</span> {commit.message.split("\n")[0]}
  </span>
);
