import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useDeploys } from "@/api/releases";
import { type Scope, spanNow, useSearchState, useSetRange } from "@/api/scope";
import type { HomeChart, HomeData } from "@/api/types";
import { ChartPanel } from "@/charts/ChartPanel";
import { deployMarks } from "@/charts/deploy-marks";
import type { ChartBand, ChartMark, ChartSeries } from "@/charts/TimeChart";
import { difference, openingMean } from "@/lib/change";
import { compareShift } from "@/lib/compare";
import { resolveRange } from "@/lib/time";
import { coarse, show } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { MenuItem } from "@/ui/Menu";
import { scopeOnly } from "@/ui/PageLink";

interface GoldenChartsProps {
  home: HomeData;
  scope: Scope;
}

const HEIGHT = 118;
const SHOWN = 4;
const PLACES = ["first", "second", "third", "fourth"];

/** Four charts on one time axis: value, difference, line, deploys, and what fires now. */
export function GoldenCharts({ home, scope }: GoldenChartsProps): ReactNode {
  const deploys = useDeploys(scope.project.id, scope.range, scope.environment);
  const open = useGo(scope);
  const marks = deployMarks(deploys, (version) => open("errors/releases", { version }));
  const bands = firingBands(home);
  return (
    <div className="home-charts">
      {goldenOf(home.charts).map((chart, place) => (
        <Golden
          // By place: what is measured next takes a panel over, it does not push the others.
          key={PLACES[place]}
          chart={chart}
          scope={scope}
          marks={marks}
          bands={bands}
          onExplore={() => open("explore", { "p0.expr": chart.query })}
        />
      ))}
    </div>
  );
}

/** The first four that were measured; where fewer were, those that say how to have them. */
export function goldenOf(charts: readonly HomeChart[]): readonly HomeChart[] {
  const isMeasured = ({ series }: HomeChart): boolean => series !== null;
  const chosen = [...charts.filter(isMeasured), ...charts.filter((one) => !isMeasured(one))];
  const kept = new Set(chosen.slice(0, SHOWN));
  return charts.filter((one) => kept.has(one));
}

/** Since when something critical has been firing; it goes on. */
function firingBands({ needs_you }: HomeData): ChartBand[] {
  const since = needs_you
    .filter((one) => one.state === "firing" && one.severity === "critical")
    .map((one) => one.since_ms);
  if (since.length === 0) return [];
  return [{ fromMs: Math.min(...since), toMs: Number.MAX_SAFE_INTEGER, tone: "crit" }];
}

interface GoldenProps {
  chart: HomeChart;
  scope: Scope;
  marks: readonly ChartMark[];
  bands: readonly ChartBand[];
  onExplore: () => void;
}

function Golden({ chart, scope, marks, bands, onExplore }: GoldenProps): ReactNode {
  const setRange = useSetRange();
  const [{ vs }] = useSearchState();
  const compared = compareShift(vs, scope.range)?.label;
  const head = <Head chart={chart} scope={scope} compared={compared} />;
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
      series={seriesOf(chart, chart.series.values, compared)}
      span={spanNow(scope.range)}
      zone={scope.zone}
      height={HEIGHT}
      syncKey="home"
      marks={marks}
      bands={bands}
      onZoom={setRange}
      menu={() => <MenuItem onChoose={onExplore}>Open in Explore</MenuItem>}
    />
  );
}

/** The stretch that is compared with lies behind. */
function seriesOf(
  { title, before }: HomeChart,
  values: readonly (number | null)[],
  compared: string | undefined,
): ChartSeries[] {
  const now: ChartSeries = { label: title, values, color: "c1" };
  if (before === null || compared === undefined) return [now];
  return [{ label: compared, values: before, color: "prev", isComparison: true }, now];
}

function Head({
  chart,
  scope,
  compared,
}: {
  chart: HomeChart;
  scope: Scope;
  compared: string | undefined;
}): ReactNode {
  const { text, unit } = show(chart.value, chart.unit);
  const change = changeText(chart, scope, compared);
  return (
    <div className="kpi">
      <h2 className="lab">{chart.title}</h2>
      <div className="v">
        <b>{text}</b>
        <span className="u">{unit}</span>
        {change === null ? null : <span className="muted s trunc">{change}</span>}
      </div>
    </div>
  );
}

/** Against the same moment of the other stretch; else against how the range began. */
function changeText(
  { series, before, unit, value }: HomeChart,
  scope: Scope,
  compared: string | undefined,
): string | null {
  if (series === null) return null;
  if (compared !== undefined) {
    const at = series.values.findLastIndex((one) => one !== null);
    const text = difference(value, before?.[at] ?? null, unit);
    return text === null ? null : `${text} vs ${compared}`;
  }
  const span = resolveRange(scope.range, Date.now());
  const text = difference(value, openingMean(series.values), unit);
  return text === null || span === null ? null : `${text} in ${coarse(span.toMs - span.fromMs)}`;
}

function useGo(scope: Scope): (page: string, search: SearchMap) => void {
  const navigate = useNavigate();
  return (page, search) =>
    void navigate({
      to: `/o/${scope.org.slug}/${page}`,
      search: (old: SearchMap) => ({ ...scopeOnly(old), ...search }),
    });
}
