import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useCallback, useMemo } from "react";
import { type Exemplar, type ExploreAnswer, useExemplars, useExploreQuery } from "@/api/explore";
import { useDeploys } from "@/api/releases";
import { type Scope, useSearchState, useSetRange } from "@/api/scope";
import { ChartPanel } from "@/charts/ChartPanel";
import { deployMarks } from "@/charts/deploy-marks";
import type { ChartDot, ChartSeries } from "@/charts/TimeChart";
import { compareShift } from "@/lib/compare";
import { count, showText } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Button } from "@/ui/controls";
import { scopeOnly } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { toast } from "@/ui/Toasts";
import { AlertOnThis } from "./AlertOnThis";
import { Legend, type LegendRow } from "./Legend";
import { isolated, isShown, seriesKey, toggled } from "./link";
import { isSelector, metricsOf } from "./promql";
import { chartHeight, type ResultProps } from "./Result";
import { looksOf, numbersOf, seriesName, traceOf, varyingLabels } from "./series";
import { selectorOf } from "./suggest";

interface GraphPaneProps extends ResultProps {
  answer: ExploreAnswer;
  unit: string;
  isRefreshing: boolean;
}

const MOST_DRAWN = 40;
const MOST_DOTS = 60;

/** The chart and its legend; series can be isolated and hidden, and the address remembers which. */
export function GraphPane(props: GraphPaneProps): ReactNode {
  const { answer, query, scope, unit, share, isRefreshing, onSet } = props;
  const setRange = useSetRange();
  const rows = useRows(answer);
  const shown = rows.filter((row) => isShown(query, row.key));
  const drawn = useMemo(() => biggest(shown), [shown]);
  const before = useBefore(props, drawn);
  const dots = useDots(props, unit);
  const deploys = useDeploys(scope.project.id, scope.range, scope.environment);
  if (answer.series.length === 0) return <OnlyHistograms {...props} />;
  return (
    <div className="answer">
      {isRefreshing ? <div className="progress" /> : null}
      <ChartPanel
        className="explore-chart"
        head={<Head {...props} drawn={drawn.length} of={rows.length} dots={dots.length} />}
        title={query.expr}
        unit={unit}
        timesMs={answer.timesMs}
        stepMs={answer.stepMs}
        series={[...before, ...drawn.map(lineOf)]}
        span={answer.span}
        zone={scope.zone}
        height={chartHeight(share)}
        fromZero={false}
        syncKey="explore"
        onZoom={setRange}
        dots={dots}
        marks={deployMarks(deploys)}
      />
      <section
        className={share > 1 ? "panel legend-box fixed" : "panel legend-box"}
        aria-label="Legend"
      >
        <Legend
          rows={rows}
          unit={unit}
          isShown={(row) => isShown(query, row.key)}
          onToggle={(row, isHide) =>
            onSet(isHide ? toggled(query, row.key) : isolated(query, row.key))
          }
        />
      </section>
    </div>
  );
}

const lineOf = (row: LegendRow): ChartSeries => ({
  label: row.short,
  values: row.values,
  color: row.look.color,
  dash: row.look.dash,
});

export function useRows({ series }: ExploreAnswer): readonly LegendRow[] {
  return useMemo(() => {
    const names = series.map((one) => seriesName(one.labels));
    const looks = looksOf(names);
    const varying = varyingLabels(series.map((one) => one.labels));
    return series.map((one, i) => ({
      name: names[i] ?? "",
      short: shortName(one.labels, varying) || (names[i] ?? ""),
      key: seriesKey(names[i] ?? ""),
      labels: one.labels,
      look: looks[i] ?? { color: "c1", dash: [] },
      values: one.values,
      ...numbersOf(one.values),
    }));
  }, [series]);
}

/** What tells a series from its neighbours: "api, 200". */
const shortName = (labels: Readonly<Record<string, string>>, varying: readonly string[]): string =>
  varying
    .map((name) => labels[name])
    .filter(Boolean)
    .join(", ");

/** As many as can be told apart, the largest first to be kept. */
function biggest(rows: readonly LegendRow[]): readonly LegendRow[] {
  if (rows.length <= MOST_DRAWN) return rows;
  const kept = new Set([...rows].sort((a, b) => (b.max ?? 0) - (a.max ?? 0)).slice(0, MOST_DRAWN));
  return rows.filter((row) => kept.has(row));
}

/** The same series in the stretch that is compared with: dashed, grey, behind. */
function useBefore({ query, scope }: GraphPaneProps, drawn: readonly LegendRow[]): ChartSeries[] {
  const [search] = useSearchState();
  const shift = compareShift(search.vs, scope.range);
  const { value } = useExploreQuery(
    scope.project.id,
    { expr: query.expr, stepMs: query.stepMs, shiftMs: shift?.ms ?? 0, enabled: shift !== null },
    scope.range,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the label stands for the shift.
  return useMemo(() => {
    if (shift === null || value.state !== "ready") return [];
    const names = new Map(drawn.map((row) => [row.name, row.short]));
    return value.data.series.flatMap((one) => {
      const short = names.get(seriesName(one.labels));
      return short === undefined
        ? []
        : [
            {
              label: `${short}, ${shift.label}`,
              values: one.values,
              color: "prev",
              dash: [3, 3],
              isComparison: true,
            },
          ];
    });
  }, [value, drawn, shift?.label]);
}

/** Exemplars of what the query reads, where the chart has their scale. */
function useDots({ query, scope }: GraphPaneProps, unit: string): ChartDot[] {
  const metrics = metricsOf(query.expr);
  const isDuration = unit === "seconds" || unit === "bytes";
  const open = useOpenTrace(scope);
  const exemplars = useExemplars(
    scope.project.id,
    selectorOf(metrics[0] ?? ""),
    scope.range,
    isDuration && metrics.length === 1,
  );
  return useMemo(
    () => (isDuration ? spread(exemplars).map((one) => dotOf(one, unit, open)) : []),
    [exemplars, unit, isDuration, open],
  );
}

/** At most so many, evenly over time. */
function spread(all: readonly Exemplar[]): readonly Exemplar[] {
  if (all.length <= MOST_DOTS) return all;
  const sorted = [...all].sort((a, b) => a.atMs - b.atMs);
  const every = sorted.length / MOST_DOTS;
  return Array.from({ length: MOST_DOTS }, (_, i) => sorted[Math.floor(i * every)] as Exemplar);
}

function useOpenTrace({ org }: Scope): (trace: string) => void {
  const navigate = useNavigate();
  return useCallback(
    (trace) =>
      void navigate({
        to: `/o/${org.slug}/traces/${trace}`,
        search: (old: SearchMap) => scopeOnly(old),
      }),
    [navigate, org.slug],
  );
}

/** Leads to its trace; where it names none, its labels can be copied. */
function dotOf(exemplar: Exemplar, unit: string, open: (trace: string) => void): ChartDot {
  const { labels, value, atMs } = exemplar;
  const trace = traceOf(labels);
  const shown = showText(value, unit);
  if (trace !== null)
    return {
      atMs,
      value,
      label: `${shown}, trace ${trace}; press to open it`,
      onPress: () => open(trace),
    };
  const facts = seriesName(labels);
  return {
    atMs,
    value,
    label: `${shown}, ${facts}; press to copy`,
    onPress: () => {
      void navigator.clipboard.writeText(facts).then(
        () => toast("Labels copied"),
        () => toast(facts),
      );
    },
  };
}

function Head({
  letter,
  answer,
  query,
  unit,
  drawn,
  of,
  dots,
}: GraphPaneProps & { drawn: number; of: number; dots: number }): ReactNode {
  return (
    <div className="ph answer-head">
      {letter ? <b className="m">{letter}</b> : null}
      <h2 className="mono trunc" title={query.expr}>
        {query.expr}
      </h2>
      {unit ? <span className="faint s nowrap only-l">{unit}</span> : null}
      {drawn < of ? (
        <Tag>
          {count(drawn)} of {count(of)} drawn
        </Tag>
      ) : null}
      {dots > 0 ? <Tag>{count(dots)} exemplars</Tag> : null}
      <span className="grow" />
      <AlertOnThis expr={query.expr} answer={answer} />
    </div>
  );
}

/** A native histogram is no line: what can be drawn of it. */
function OnlyHistograms({ query, onExpr }: GraphPaneProps): ReactNode {
  const [, change] = useSearchState();
  const expr = query.expr.trim();
  // A bare selector counts since the process began; people want what happened lately.
  const observed = isSelector(expr) ? `sum(rate(${expr}[5m]))` : expr;
  return (
    <section className="panel">
      <div className="state result-empty">
        <p>The answer is native histograms, which have no single value to draw.</p>
        <span className="row wrap">
          <Button kind="primary" onClick={() => change({ tab: "heatmap" })}>
            Show as heatmap
          </Button>
          {[0.5, 0.95, 0.99].map((quantile) => (
            <Button
              key={quantile}
              onClick={() => onExpr(`histogram_quantile(${quantile}, ${observed})`)}
            >
              p{quantile * 100}
            </Button>
          ))}
        </span>
      </div>
    </section>
  );
}
