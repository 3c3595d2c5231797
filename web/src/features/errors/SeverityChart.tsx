import type { ReactNode } from "react";
import type { Deploy } from "@/api/releases";
import { type Scope, spanNow, useSetRange } from "@/api/scope";
import type { IssuePage, Severity } from "@/api/types";
import { deployMarks } from "@/charts/deploy-marks";
import { TimeChart } from "@/charts/TimeChart";
import type { Loaded } from "@/lib/loaded";
import { coarse, compact } from "@/lib/units";
import { Async } from "@/ui/Async";
import { SeverityBars } from "@/ui/Glyph";

const HEIGHT = 116;
/** From the top of the stack down; the worst stands on the axis, where heights compare best. */
const STACK: readonly { severity: Severity; color: string }[] = [
  { severity: "low", color: "prev" },
  { severity: "medium", color: "c7" },
  { severity: "high", color: "warn-m" },
  { severity: "critical", color: "crit-m" },
];

/** Events per bucket, stacked by the severity of their issue; drag to zoom. */
export function SeverityChart({
  value,
  scope,
  deploys,
}: {
  value: Loaded<IssuePage["stats"]>;
  scope: Scope;
  deploys: readonly Deploy[];
}): ReactNode {
  const setRange = useSetRange();
  return (
    <section className="panel open severity-chart" aria-label="Events by severity">
      <Head value={value} />
      <Async
        value={value}
        empty={<p className="pad muted">The search cannot be read, so nothing is counted.</p>}
        minHeight={HEIGHT}
        skeleton={<div style={{ height: HEIGHT }} />}
      >
        {(stats) => (
          <TimeChart
            title="Events by severity"
            unit=""
            timesMs={stats.times_ms}
            series={STACK.map(({ severity, color }) => ({
              label: severity,
              values: stats.by_severity[severity] ?? [],
              color,
            }))}
            span={spanNow(scope.range)}
            zone={scope.zone}
            height={HEIGHT}
            kind="bars"
            stacked
            marks={deployMarks(deploys)}
            onZoom={setRange}
          />
        )}
      </Async>
    </section>
  );
}

function Head({ value }: { value: Loaded<IssuePage["stats"]> }): ReactNode {
  const stats = value.state === "ready" ? value.data : null;
  const [first, second] = stats?.times_ms ?? [];
  const step = first !== undefined && second !== undefined ? ` per ${coarse(second - first)}` : "";
  return (
    <div className="severity-head">
      <h2>Events{step}</h2>
      <ul className="row wrap" aria-label="Events by severity in this range">
        {[...STACK].reverse().map(({ severity, color }) => (
          <li className="row" key={severity}>
            <i className="swatch" style={{ background: `var(--${color})` }} aria-hidden="true" />
            <SeverityBars severity={severity} silent />
            <span>{severity}</span>
            <b className="m num">
              {stats === null ? "–" : compact(sum(stats.by_severity[severity]))}
            </b>
          </li>
        ))}
      </ul>
    </div>
  );
}

const sum = (values: readonly number[] = []): number =>
  values.reduce((total, value) => total + value, 0);
