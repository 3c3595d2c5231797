import type { ReactNode } from "react";
import type { Health, ReleaseHealth } from "@/api/releases";
import { type Scope, spanNow, useSetRange } from "@/api/scope";
import { ChartPanel } from "@/charts/ChartPanel";
import type { ChartSeries } from "@/charts/TimeChart";
import type { Loaded } from "@/lib/loaded";
import { compact, fixed, percent, perStep } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { Snippet } from "@/ui/Snippet";
import { Table } from "@/ui/Table";
import { CrashFree } from "./crash-free";

interface HealthPanelsProps {
  value: Loaded<ReleaseHealth>;
  scope: Scope;
}

const HEIGHT = 170;

/** How the sessions of a release ended: over time, beside the release before, by environment. */
export function HealthPanels({ value, scope }: HealthPanelsProps): ReactNode {
  return (
    <Async value={value} empty={null} minHeight={HEIGHT} skeleton={<SkeletonRows rows={6} />}>
      {(data) =>
        data.health === null ? (
          <NoSessions />
        ) : (
          <>
            <div className="health-charts">
              <Rate data={data} scope={scope} />
              <Counts data={data} scope={scope} />
            </div>
            <Environments data={data} />
          </>
        )
      }
    </Async>
  );
}

function NoSessions(): ReactNode {
  return (
    <Panel title="Sessions">
      <div className="pad stack tight">
        <p className="muted">
          No session of this release began in the range. SDKs count them once they know their
          release:
        </p>
        <Snippet
          label="Lines for Python"
          text={'sentry_sdk.init(\n    dsn="…",\n    release="shop@1.2.0",\n)'}
        />
      </div>
    </Panel>
  );
}

const inPercent = (values: readonly (number | null)[]): (number | null)[] =>
  values.map((one) => (one === null ? null : one * 100));

/** The rate as a line; the release before is grey and dashed. */
export function rateSeries(data: ReleaseHealth): ChartSeries[] {
  const { line, before } = data;
  return [
    {
      label: "sessions",
      values: inPercent(line.crash_free_sessions_ratio),
      color: "c1",
    },
    ...(before
      ? [
          {
            label: `sessions of ${before.version}`,
            values: inPercent(before.line.crash_free_sessions_ratio),
            color: "prev",
            dash: [4, 3],
            isComparison: true,
          },
        ]
      : []),
  ];
}

function Rate({ data, scope }: { data: ReleaseHealth; scope: Scope }): ReactNode {
  const setRange = useSetRange();
  return (
    <ChartPanel
      head={
        <div className="ph">
          <h2>Crash-free sessions</h2>
          <Beside data={data} />
        </div>
      }
      title="Crash-free sessions"
      unit="%"
      timesMs={data.times_ms}
      stepMs={data.step_ms}
      series={rateSeries(data)}
      span={spanNow(scope.range)}
      zone={scope.zone}
      height={HEIGHT}
      fromZero={false}
      onZoom={setRange}
      syncKey="release-health"
    />
  );
}

/** "+0.40 pp to shop@1.1.0": the rate of sessions against that of the release before. */
function Beside({ data }: { data: ReleaseHealth }): ReactNode {
  const { before, health } = data;
  if (!before) return <span className="faint s trunc">no release before it had sessions here</span>;
  const now = health?.crash_free_sessions_ratio ?? null;
  const then = before.health.crash_free_sessions_ratio;
  return (
    <span className="faint s trunc">
      {now === null || then === null ? "beside " : `${points(now - then)} to `}
      <PageLink to="errors/releases" search={{ version: before.version }} className="link mono">
        {before.version}
      </PageLink>
    </span>
  );
}

/** A difference of two ratios in percentage points, with its sign. */
export function points(difference: number): string {
  const shown = fixed(Math.abs(difference) * 100, 2);
  if (Number(shown) === 0) return "±0 pp";
  return `${difference > 0 ? "+" : "–"}${shown} pp`;
}

const ENDS = [
  { name: "healthy", color: "ok-m" },
  { name: "errored", color: "warn-m" },
  { name: "abnormal", color: "c4" },
  { name: "crashed", color: "crit-m" },
] as const;

function Counts({ data, scope }: { data: ReleaseHealth; scope: Scope }): ReactNode {
  const setRange = useSetRange();
  return (
    <ChartPanel
      head={
        <div className="ph">
          <h2>Sessions {perStep(data.step_ms)}</h2>
          <ul className="row wrap health-ends" aria-label="Sessions by how they ended">
            {ENDS.map(({ name, color }) => (
              <li className="row" key={name}>
                <i
                  className="swatch"
                  style={{ background: `var(--${color})` }}
                  aria-hidden="true"
                />
                <span className="muted">{name}</span>
                <b className="m num">{compact(data.health?.[name] ?? 0)}</b>
              </li>
            ))}
          </ul>
        </div>
      }
      title="Sessions by how they ended"
      unit=""
      timesMs={data.times_ms}
      stepMs={data.step_ms}
      series={ENDS.map(({ name, color }) => ({ label: name, values: data.line[name], color }))}
      span={spanNow(scope.range)}
      zone={scope.zone}
      height={HEIGHT}
      kind="bars"
      stacked
      onZoom={setRange}
      syncKey="release-health"
    />
  );
}

function Environments({ data }: { data: ReleaseHealth }): ReactNode {
  const number = (pick: (health: Health) => number) => (row: { health: Health }) =>
    compact(pick(row.health));
  return (
    <Panel title="By environment" note="adoption: of the sessions of the last 24 hours">
      <Table
        label="Sessions by environment"
        rows={data.environments}
        rowKey={(row) => row.environment}
        empty="No environment was told."
        columns={[
          { head: "Environment", cell: (row) => row.environment || "none" },
          {
            head: "Crash-free",
            width: "92px",
            isNumber: true,
            cell: (row) => <CrashFree ratio={row.health.crash_free_sessions_ratio} />,
          },
          {
            head: "Users",
            width: "92px",
            isNumber: true,
            isWideOnly: true,
            cell: (row) => <CrashFree ratio={row.health.crash_free_users_ratio} />,
          },
          {
            head: "Adoption",
            width: "84px",
            isNumber: true,
            cell: (row) =>
              row.health.adoption_ratio === null ? "–" : percent(row.health.adoption_ratio),
          },
          {
            head: "Sessions",
            width: "84px",
            isNumber: true,
            cell: number((health) => health.sessions),
          },
          {
            head: "Errored",
            width: "76px",
            isNumber: true,
            isWideOnly: true,
            cell: number((health) => health.errored),
          },
          {
            head: "Abnormal",
            width: "84px",
            isNumber: true,
            isWideOnly: true,
            cell: number((health) => health.abnormal),
          },
          {
            head: "Crashed",
            width: "76px",
            isNumber: true,
            isWideOnly: true,
            cell: number((health) => health.crashed),
          },
        ]}
      />
    </Panel>
  );
}
