import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Scope, spanNow, useSetRange } from "@/api/scope";
import type { HomeChart } from "@/api/types";
import { ChartPanel } from "@/charts/ChartPanel";
import { resolveRange } from "@/lib/time";
import { coarse, percent, show } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { MenuItem } from "@/ui/Menu";
import { scopeOnly } from "@/ui/PageLink";

interface GoldenChartsProps {
  charts: readonly HomeChart[];
  scope: Scope;
}

const HEIGHT = 118;

/** Four charts on one time axis: value, difference to the period before, line. */
export function GoldenCharts({ charts, scope }: GoldenChartsProps): ReactNode {
  return (
    <div className="home-charts">
      {charts.map((chart) => (
        <Golden key={chart.key} chart={chart} scope={scope} />
      ))}
    </div>
  );
}

function Golden({ chart, scope }: { chart: HomeChart; scope: Scope }): ReactNode {
  const setRange = useSetRange();
  const openInExplore = useExplore(scope, chart.query);
  const head = <Head chart={chart} scope={scope} />;
  if (chart.series === null) {
    return (
      <section className="panel" aria-label={chart.title}>
        {head}
        <div className="kpi-empty">
          <p className="faint">{chart.empty_hint}</p>
        </div>
      </section>
    );
  }
  return (
    <ChartPanel
      head={head}
      title={chart.title}
      unit={chart.unit}
      timesMs={chart.series.times_ms}
      series={[{ label: chart.title, values: chart.series.values }]}
      span={spanNow(scope.range)}
      zone={scope.zone}
      height={HEIGHT}
      syncKey="home"
      onZoom={setRange}
      menu={() => <MenuItem onChoose={openInExplore}>Open in Explore</MenuItem>}
    />
  );
}

function Head({ chart, scope }: { chart: HomeChart; scope: Scope }): ReactNode {
  const { text, unit } = show(chart.value, chart.unit);
  const span = resolveRange(scope.range, Date.now());
  return (
    <div className="kpi">
      <h2 className="lab">{chart.title}</h2>
      <div className="v">
        <b>{text}</b>
        <span className="u">{unit}</span>
        {chart.change !== null && span !== null ? (
          <span className="muted s">
            {signed(chart.change)} vs {coarse(span.toMs - span.fromMs)} before
          </span>
        ) : null}
      </div>
    </div>
  );
}

/** +6 %, –12 %; at most whole per cents, as it is a glance. */
function signed(change: number): string {
  const rounded = Math.round(change * 100) / 100;
  const text = percent(Math.abs(rounded)).replace(/\.0+ /, " ");
  return rounded === 0 ? "no change" : `${rounded > 0 ? "+" : "–"}${text}`;
}

function useExplore(scope: Scope, expr: string): () => void {
  const navigate = useNavigate();
  return () =>
    void navigate({
      to: `/o/${scope.org.slug}/explore`,
      search: (old: SearchMap) => ({ ...scopeOnly(old), "p0.expr": expr }),
    });
}
