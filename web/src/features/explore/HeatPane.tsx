import { type ReactNode, useMemo } from "react";
import { autoStep, type ExploreAnswer, useExploreQuery } from "@/api/explore";
import { useSetRange } from "@/api/scope";
import { HeatmapChart } from "@/charts/HeatmapChart";
import { type Heat, heatOfClassic, heatOfNative } from "@/charts/heat";
import { duration } from "@/lib/units";
import { Async } from "@/ui/Async";
import { metricsOf, unitOf } from "./promql";
import { chartHeight, type ResultProps, Skeleton } from "./Result";

interface HeatPaneProps extends ResultProps {
  /** null: the query is a selector and must be asked in another form. */
  answer: ExploreAnswer | null;
}

const FEWEST_STEP_MS = 60_000;
const HEAT_COLUMNS = 3;

/** How often values fell into which bucket: classic buckets (`le`) or native histograms. */
export function HeatPane(props: HeatPaneProps): ReactNode {
  return props.answer === null ? (
    <Asked {...props} />
  ) : (
    <Drawn {...props} answer={props.answer} asked={props.query.expr} />
  );
}

/** A selector of a histogram: what was added in each step is asked for instead. */
function Asked(props: HeatPaneProps): ReactNode {
  const { query, scope, metadata } = props;
  // Fewer, wider columns than a line has points: counts need something to count.
  const stepMs = query.stepMs ?? Math.max(autoStep(scope.range) * HEAT_COLUMNS, FEWEST_STEP_MS);
  const expr = heatQuery(query.expr, stepMs, (metric) => metadata[metric]?.type ?? "");
  const { value } = useExploreQuery(
    scope.project.id,
    { expr: expr ?? "", stepMs, enabled: expr !== null },
    scope.range,
  );
  if (expr === null) return <NoBuckets {...props} />;
  return (
    <Async
      value={value}
      minHeight={320}
      skeleton={<Skeleton share={props.share} />}
      empty={<NoBuckets {...props} />}
    >
      {(answer) => <Drawn {...props} answer={answer} asked={expr} />}
    </Async>
  );
}

/** The query that counts what fell into each bucket in each step; null if it is no histogram. */
export function heatQuery(
  selector: string,
  stepMs: number,
  typeOf: (metric: string) => string,
): string | null {
  const metric = metricsOf(selector)[0] ?? "";
  const range = `${Math.round(stepMs / 1000)}s`;
  if (metric.endsWith("_bucket")) return `sum by (le) (increase(${selector.trim()}[${range}]))`;
  if (typeOf(metric).includes("histogram") && !/_(sum|count)$/.test(metric))
    return `sum(increase(${selector.trim()}[${range}]))`;
  return null;
}

function Drawn(props: HeatPaneProps & { answer: ExploreAnswer; asked: string }): ReactNode {
  const { answer, asked, query, scope, share, letter } = props;
  const setRange = useSetRange();
  const heat = useMemo(() => heatOf(answer), [answer]);
  if (heat === null) return <NoBuckets {...props} />;
  const unit = unitOf(metricsOf(query.expr)[0] ?? "");
  const isRate = /\b(rate|irate)\s*\(/.test(asked);
  const counted = isRate
    ? "observations per second"
    : `observations per ${duration(answer.stepMs)}`;
  return (
    <section className="panel" aria-label={`Heatmap of ${query.expr}`}>
      <div className="ph answer-head">
        {letter ? <b className="m">{letter}</b> : null}
        <h2 className="mono trunc" title={asked}>
          {asked}
        </h2>
        <span className="faint s nowrap only-l">step {duration(answer.stepMs)}</span>
      </div>
      <HeatmapChart
        title={query.expr}
        heat={heat}
        unit={unit}
        counted={counted}
        span={answer.span}
        zone={scope.zone}
        height={chartHeight(share, 0.55)}
        onZoom={setRange}
      />
    </section>
  );
}

/** Buckets of an answer; null if it has none. */
export function heatOf(answer: ExploreAnswer): Heat | null {
  const { timesMs, stepMs, series, histograms } = answer;
  if (histograms.length > 0)
    return heatOfNative(
      timesMs,
      stepMs,
      histograms.map((one) => one.buckets),
    );
  const classic = series
    .filter(({ labels }) => labels.le !== undefined)
    .map(({ labels, values }) => ({ le: bound(labels.le ?? ""), values }))
    .filter(({ le }) => !Number.isNaN(le));
  return classic.length > 1 ? heatOfClassic(timesMs, stepMs, classic) : null;
}

const bound = (text: string): number =>
  text === "+Inf" || text === "Inf" ? Number.POSITIVE_INFINITY : Number(text);

function NoBuckets({ query }: Pick<HeatPaneProps, "query">): ReactNode {
  const metric = metricsOf(query.expr)[0] ?? "http_request_duration_seconds";
  const stem = metric.replace(/_(bucket|sum|count|total)$/, "");
  return (
    <section className="panel">
      <div className="state result-empty">
        <p>A heatmap needs buckets, and this answer has none.</p>
        <p className="muted s">
          Keep the label <span className="mono">le</span>, as in{" "}
          <span className="mono">sum by (le) (rate({stem}_bucket[5m]))</span>, or ask for a native
          histogram.
        </p>
      </div>
    </section>
  );
}
