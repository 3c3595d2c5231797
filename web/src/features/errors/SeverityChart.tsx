import type { ReactNode } from "react";
import type { Deploy } from "@/api/releases";
import { type Scope, spanNow, useSetRange } from "@/api/scope";
import type { IssuePage, Severity } from "@/api/types";
import { type Bars, coarser, mostBars } from "@/charts/bars";
import { deployMarks } from "@/charts/deploy-marks";
import { TimeChart } from "@/charts/TimeChart";
import type { Loaded } from "@/lib/loaded";
import { compact, perStep } from "@/lib/units";
import { Async } from "@/ui/Async";
import { SeverityBars } from "@/ui/Glyph";
import { useOpenRelease } from "./open-release";

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
  const openRelease = useOpenRelease(scope);
  const setRange = useSetRange();
  const bars = value.state === "ready" ? barsOf(value.data) : null;
  return (
    <section className="panel open severity-chart" aria-label="Events by severity">
      <Head value={value} bars={bars} />
      <Async
        value={value}
        empty={<p className="pad muted">The search cannot be read, so nothing is counted.</p>}
        minHeight={HEIGHT}
        skeleton={<div style={{ height: HEIGHT }} />}
      >
        {() => (
          <TimeChart
            title="Events by severity"
            unit=""
            timesMs={bars?.timesMs ?? []}
            series={STACK.map(({ severity, color }, i) => ({
              label: severity,
              values: bars?.columns[i] ?? [],
              color,
            }))}
            span={spanNow(scope.range)}
            zone={scope.zone}
            height={HEIGHT}
            kind="bars"
            stacked
            marks={deployMarks(deploys, openRelease)}
            onZoom={setRange}
          />
        )}
      </Async>
    </section>
  );
}

const barsOf = (stats: IssuePage["stats"]): Bars =>
  coarser(
    stats.times_ms,
    STACK.map(({ severity }) => stats.by_severity[severity] ?? []),
    mostBars(),
  );

function Head({
  value,
  bars,
}: {
  value: Loaded<IssuePage["stats"]>;
  bars: Bars | null;
}): ReactNode {
  const stats = value.state === "ready" ? value.data : null;
  const [first, second] = bars?.timesMs ?? [];
  const step = first !== undefined && second !== undefined ? ` ${perStep(second - first)}` : "";
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
