import type { ReactNode } from "react";
import { type Monitor, type MonitorEnvironment, useMonitors } from "@/api/monitors";
import { useSetup } from "@/api/projects";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import { Strip } from "@/charts/Strip";
import { compact } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { Snippet } from "@/ui/Snippet";
import { type Column, Table } from "@/ui/Table";
import { ErrorTabs } from "../ErrorTabs";
import { MonitorDetail } from "./MonitorDetail";
import { RunMark } from "./RunMark";
import { dueText, scheduleText, shownStatus, worst } from "./status";
import "../errors.css";
import "./monitors.css";

/** Scheduled jobs: which is late, which never came, which failed. */
export function MonitorsPage(): ReactNode {
  const scope = useScope();
  const [search] = useSearchState();
  return (
    <div className="page errors">
      <ErrorTabs current="monitors" />
      {search.monitor ? (
        <MonitorDetail key={search.monitor} scope={scope} slug={search.monitor} />
      ) : (
        <List scope={scope} />
      )}
    </div>
  );
}

function List({ scope }: { scope: Scope }): ReactNode {
  const { value, refreshing } = useMonitors(scope);
  return (
    <section className="panel open" aria-label="Cron monitors">
      {refreshing ? <div className="progress" /> : null}
      <Async
        value={value}
        empty={null}
        minHeight={320}
        skeleton={<SkeletonRows rows={8} height={44} />}
      >
        {({ monitors }) =>
          monitors.length === 0 ? (
            <NoMonitors scope={scope} />
          ) : (
            <Table
              label="Cron monitors"
              rows={worstFirst(monitors)}
              rowKey={(row) => row.slug}
              columns={columnsOf(scope)}
              empty="No job."
            />
          )
        }
      </Async>
    </section>
  );
}

const worstFirst = (monitors: readonly Monitor[]): Monitor[] =>
  [...monitors].sort((one, other) => rank(other) - rank(one) || one.slug.localeCompare(other.slug));

const rank = (monitor: Monitor): number => (worst(monitor.environments)?.rank ?? -1) as number;

const columnsOf = ({ zone }: Scope): readonly Column<Monitor>[] => [
  {
    head: "Job",
    cell: (row) => (
      <span className="similar">
        <PageLink
          to="errors/monitors"
          search={{ monitor: row.slug }}
          className="name trunc"
          title={row.slug}
        >
          {row.slug}
        </PageLink>
        <span className="faint s trunc">{scheduleText(row)}</span>
      </span>
    ),
  },
  {
    head: "Status",
    width: "130px",
    cell: (row) => <Environments environments={row.environments} />,
  },
  {
    head: "Runs",
    width: "200px",
    isWideOnly: true,
    cell: (row) => <Strip values={row.ok_ratios} label={stripLabel(row)} />,
  },
  {
    head: "Failed",
    width: "72px",
    isNumber: true,
    cell: (row) => {
      const failed = row.runs.error + row.runs.missed + row.runs.timeout;
      return failed > 0 ? compact(failed) : "–";
    },
  },
  {
    head: "Last success",
    width: "92px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => <When atMs={latest(row, "last_ok_ms")} zone={zone} />,
  },
  {
    head: "Last run",
    width: "92px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => <When atMs={latest(row, "last_ms")} zone={zone} />,
  },
  {
    head: "Next due",
    width: "92px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => dueText(soonest(row), Date.now()),
  },
];

function Environments({
  environments,
}: {
  environments: readonly MonitorEnvironment[];
}): ReactNode {
  return (
    <span className="monitor-states">
      {environments.map((one) => (
        <span key={one.environment} className="row">
          <RunMark status={shownStatus(one)} />
          {one.environment && environments.length > 1 ? (
            <span className="faint s trunc">{one.environment}</span>
          ) : null}
        </span>
      ))}
    </span>
  );
}

const stripLabel = ({ runs }: Monitor): string =>
  `${runs.ok} ok, ${runs.error} failed, ${runs.missed} missed, ${runs.timeout} timed out`;

function latest(row: Monitor, key: "last_ms" | "last_ok_ms"): number | null {
  const known = row.environments.flatMap((one) => one[key] ?? []);
  return known.length > 0 ? Math.max(...known) : null;
}

function soonest(row: Monitor): number | null {
  const known = row.environments.flatMap((one) => one.next_ms ?? []);
  return known.length > 0 ? Math.min(...known) : null;
}

function When({ atMs, zone }: { atMs: number | null; zone: string }): ReactNode {
  return atMs === null ? "–" : <Ago atMs={atMs} zone={zone} kind="bare" />;
}

function NoMonitors({ scope }: { scope: Scope }): ReactNode {
  const setup = useSetup(scope.project.id);
  return (
    <Panel title="Watch scheduled jobs">
      <div className="pad stack tight">
        <p className="muted">No job has checked in yet. One decorator is enough:</p>
        <Async value={setup} empty={null} minHeight={180}>
          {(data) => <Snippet label="Lines for Python" text={lines(data.addresses.sentry_dsn)} />}
        </Async>
      </div>
    </Panel>
  );
}

const lines = (dsn: string): string => `sentry_sdk.init("${dsn}")

@sentry_sdk.monitor(
    monitor_slug="nightly-backup",
    monitor_config={
        "schedule": {"type": "crontab", "value": "0 2 * * *"},
        "timezone": "Europe/Vienna",
        "checkin_margin": 5,
        "max_runtime": 30,
    },
)
def backup(): ...`;
