import type { ReactNode } from "react";
import {
  type Monitor,
  type MonitorEnvironment,
  type MonitorPage,
  type Run,
  useForgetMonitor,
  useMonitor,
} from "@/api/monitors";
import { type Scope, spanNow, useSearchState, useSetRange } from "@/api/scope";
import { ChartPanel } from "@/charts/ChartPanel";
import type { ChartSeries } from "@/charts/TimeChart";
import { moment } from "@/lib/time";
import { compact, count, duration } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { Table } from "@/ui/Table";
import { refused } from "../actions";
import { RunMark } from "./RunMark";
import { scheduleText, shownStatus } from "./status";

interface DetailProps {
  scope: Scope;
  slug: string;
}

/** One job: where it stands in each environment, how long its runs took, and the runs. */
export function MonitorDetail({ scope, slug }: DetailProps): ReactNode {
  const value = useMonitor(scope, slug);
  return (
    <>
      <div className="release-head">
        <PageLink to="errors/monitors" className="link">
          All jobs
        </PageLink>
        <h2 className="mono">{slug}</h2>
      </div>
      <Async value={value} empty={null} minHeight={600} skeleton={<SkeletonRows rows={14} />}>
        {(page) => <Ready page={page} scope={scope} />}
      </Async>
    </>
  );
}

function Ready({ page, scope }: { page: MonitorPage; scope: Scope }): ReactNode {
  const { monitor, runs } = page;
  return (
    <>
      <section className="panel open" aria-label="Schedule">
        <dl className="totals">
          <Fact name="Schedule" value={scheduleText(monitor)} note={marginNote(monitor)} />
          <Fact name="Well" value={compact(monitor.runs.ok)} note="in the range" />
          <Fact name="Failed" value={compact(monitor.runs.error)} note="told an error" />
          <Fact name="Missed" value={compact(monitor.runs.missed)} note="did not come" />
          <Fact
            name="Timed out"
            value={compact(monitor.runs.timeout)}
            note={`after ${monitor.max_runtime_min} min`}
          />
          <Fact name="Took" value={usual(runs)} note="in the median" />
        </dl>
      </section>
      <Environments monitor={monitor} zone={scope.zone} />
      <Durations runs={runs} scope={scope} />
      <Runs runs={runs} zone={scope.zone} />
      <Forget slug={monitor.slug} scope={scope} />
    </>
  );
}

const marginNote = ({ schedule, margin_min }: Monitor): string =>
  schedule ? `${margin_min} min late are allowed` : "nothing is waited for";

/** More are set smaller, so that a crontab line is read whole. */
const MOST_LETTERS = 10;

function Fact({ name, value, note }: { name: string; value: string; note: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={value.length > MOST_LETTERS ? "trunc long" : "trunc"} title={value}>
        {value}
      </dd>
      <dd className="muted s trunc">{note}</dd>
    </div>
  );
}

/** The median of what is known. */
export function usual(runs: readonly Run[]): string {
  const known = runs.flatMap((one) => one.duration_ms ?? []).sort((a, b) => a - b);
  const middle = known[Math.floor((known.length - 1) / 2)];
  return middle === undefined ? "–" : duration(middle);
}

function Environments({ monitor, zone }: { monitor: Monitor; zone: string }): ReactNode {
  const when = (pick: (one: MonitorEnvironment) => number | null) => (one: MonitorEnvironment) => {
    const atMs = pick(one);
    return atMs === null ? "–" : <Ago atMs={atMs} zone={zone} kind="bare" />;
  };
  return (
    <Panel title="By environment">
      <Table
        label="Environments"
        rows={monitor.environments}
        rowKey={(row) => row.environment}
        empty="No run was told."
        columns={[
          { head: "Environment", cell: (row) => row.environment || "none" },
          { head: "Status", width: "110px", cell: (row) => <RunMark status={shownStatus(row)} /> },
          {
            head: "In a row",
            width: "80px",
            isNumber: true,
            isWideOnly: true,
            cell: (row) => (row.failures > 0 ? `${count(row.failures)} ×` : "–"),
          },
          {
            head: "Last success",
            width: "96px",
            isNumber: true,
            isWideOnly: true,
            cell: when((row) => row.last_ok_ms),
          },
          {
            head: "Last run",
            width: "96px",
            isNumber: true,
            isWideOnly: true,
            cell: when((row) => row.last_ms),
          },
          {
            head: "Next due",
            width: "150px",
            isNumber: true,
            cell: (row) => (row.next_ms === null ? "–" : moment(row.next_ms, zone, Date.now())),
          },
        ]}
      />
    </Panel>
  );
}

const MOST_LINES = 5;

/** Durations in seconds, a line an environment, over the begins of all runs. */
export function durationSeries(runs: readonly Run[]): {
  timesMs: number[];
  series: ChartSeries[];
} {
  const timed = runs.filter((one) => one.duration_ms !== null);
  const timesMs = [...new Set(timed.map((one) => one.ts_ms))].sort((a, b) => a - b);
  const names = [...new Set(timed.map((one) => one.environment))].sort().slice(0, MOST_LINES);
  const series = names.map((name) => {
    const known = new Map(
      timed
        .filter((one) => one.environment === name)
        .map((one) => [one.ts_ms, (one.duration_ms ?? 0) / 1_000]),
    );
    return { label: name || "none", values: timesMs.map((at) => known.get(at) ?? null) };
  });
  return { timesMs, series };
}

function Durations({ runs, scope }: { runs: readonly Run[]; scope: Scope }): ReactNode {
  const setRange = useSetRange();
  const { timesMs, series } = durationSeries(runs);
  if (timesMs.length === 0) return null;
  return (
    <ChartPanel
      head={
        <div className="ph">
          <h2>Duration</h2>
          <span className="faint s">of the runs that ended</span>
        </div>
      }
      title="Duration of runs"
      unit="s"
      timesMs={timesMs}
      series={series}
      span={spanNow(scope.range)}
      zone={scope.zone}
      height={150}
      onZoom={setRange}
    />
  );
}

function Runs({ runs, zone }: { runs: readonly Run[]; zone: string }): ReactNode {
  return (
    <Panel title="Runs" note="the newest 500 of the range">
      <Table
        label="Runs"
        rows={runs}
        rowKey={(row) => `${row.check_in_id} ${row.environment}`}
        empty="No run began in the range."
        columns={[
          { head: "Began", cell: (row) => moment(row.ts_ms, zone, Date.now()) },
          { head: "Became", width: "110px", cell: (row) => <RunMark status={row.status} /> },
          {
            head: "Took",
            width: "90px",
            isNumber: true,
            cell: (row) => (row.duration_ms === null ? "–" : duration(row.duration_ms)),
          },
          {
            head: "Environment",
            width: "130px",
            isWideOnly: true,
            cell: (row) => row.environment || "–",
          },
          {
            head: "Release",
            width: "160px",
            isWideOnly: true,
            cell: (row) => <span className="trunc">{row.release || "–"}</span>,
          },
          {
            head: "Trace",
            width: "100px",
            isWideOnly: true,
            cell: (row) =>
              row.trace_id ? (
                <PageLink to={`traces/${row.trace_id}`} className="link mono">
                  {row.trace_id.slice(0, 8)}
                </PageLink>
              ) : (
                "–"
              ),
          },
        ]}
      />
    </Panel>
  );
}

function Forget({ slug, scope }: { slug: string; scope: Scope }): ReactNode {
  const forget = useForgetMonitor(scope.project.id);
  const [, change] = useSearchState();
  return (
    <p className="row">
      <Button
        busy={forget.isPending}
        onClick={() =>
          forget.mutate(slug, {
            onSuccess: () => change({ monitor: undefined }),
            onError: refused,
          })
        }
      >
        Stop waiting for it
      </Button>
      <span className="muted s">Its runs stay; when it checks in again, it is back.</span>
    </p>
  );
}
