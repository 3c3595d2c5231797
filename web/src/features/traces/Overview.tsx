import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { type Scope, spanNow, useSearchState, useSetRange } from "@/api/scope";
import {
  type TraceFilter,
  type TraceOverview,
  usePrefetchTrace,
  useTraceOverview,
} from "@/api/traces";
import { ChartPanel } from "@/charts/ChartPanel";
import { ScatterChart } from "@/charts/ScatterChart";
import type { ScatterBox } from "@/charts/scatter";
import { REFUSED_SEARCH } from "@/lib/search-terms";
import { absolute } from "@/lib/time";
import { compact, count, percent, perStep } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Async } from "@/ui/Async";
import { scopeOnly } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";

const HEIGHT = 148;
/** A panel with its head and chart. */
const PANEL = HEIGHT + 40;

/** How many there were, how many failed and how long they took. */
export function Overview({ scope, filter }: { scope: Scope; filter: TraceFilter }): ReactNode {
  const { value, refreshing } = useTraceOverview(scope.project.id, filter);
  return (
    <div className="trace-overview">
      {value.state === "ready" ? (
        <Ready scope={scope} overview={value.data} refreshing={refreshing} />
      ) : (
        <>
          <section className="panel" aria-label="Duration">
            <Async
              value={value}
              empty={null}
              quiet={REFUSED_SEARCH}
              minHeight={PANEL}
              skeleton={<div style={{ height: PANEL }} />}
            >
              {() => null}
            </Async>
          </section>
          <section className="panel" aria-label="Number" style={{ minHeight: PANEL }} />
        </>
      )}
    </div>
  );
}

interface ReadyProps {
  scope: Scope;
  overview: TraceOverview;
  refreshing: boolean;
}

function Ready({ scope, overview, refreshing }: ReadyProps): ReactNode {
  const setRange = useSetRange();
  const { histogram, scatter, unit, sample_ratio: ratio } = overview;
  const span = spanNow(scope.range);
  const series = useMemo(
    () => [
      {
        label: "without errors",
        values: histogram.count.map((n, i) => n - (histogram.errors[i] ?? 0)),
        color: "c1",
      },
      { label: "with errors", values: histogram.errors, color: "crit-m" },
    ],
    [histogram],
  );
  return (
    <>
      <section className="panel open scatter-panel" aria-label="Durations">
        {refreshing ? <div className="progress" /> : null}
        <div className="ph">
          <h2>Duration</h2>
          <span className="faint s trunc">
            {scatter.trace_id.length < overview.total
              ? `${count(scatter.trace_id.length)} of ${compact(overview.total)} ${unit}; drag to narrow`
              : "drag to narrow"}
          </span>
        </div>
        <Scatter scope={scope} scatter={scatter} />
      </section>
      <ChartPanel
        title={`Number of ${unit}`}
        head={
          <div className="ph">
            <h2>
              {unit === "spans" ? "Spans" : "Traces"} {perStep(histogram.bucket_ms)}
            </h2>
            <span className="row more overview-counts">
              <span>
                <b className="m">{compact(overview.total)}</b>
              </span>
              <span className={overview.errors > 0 ? "crit" : undefined}>
                {compact(overview.errors)} with errors
                {overview.total > 0 ? ` (${percent(overview.errors / overview.total)})` : ""}
              </span>
              {ratio < 1 ? (
                <Tag title="Counted in a share of the time and scaled up">≈ {percent(ratio)}</Tag>
              ) : null}
            </span>
          </div>
        }
        unit=""
        timesMs={histogram.times_ms}
        stepMs={histogram.bucket_ms}
        series={series}
        span={span}
        zone={scope.zone}
        height={HEIGHT}
        kind="bars"
        stacked
        onZoom={setRange}
      />
    </>
  );
}

function Scatter({
  scope,
  scatter,
}: {
  scope: Scope;
  scatter: TraceOverview["scatter"];
}): ReactNode {
  const [, change] = useSearchState();
  const navigate = useNavigate();
  const prefetch = usePrefetchTrace(scope.project.id);
  const points = useMemo(
    () =>
      scatter.trace_id.map((_, i) => ({
        atMs: scatter.start_ms[i] ?? 0,
        value: scatter.duration_ms[i] ?? 0,
        isError: scatter.is_error[i] ?? false,
      })),
    [scatter],
  );
  const open = (point: number): void => {
    const id = scatter.trace_id[point];
    if (id === undefined) return;
    prefetch(id);
    void navigate({
      to: `/o/${scope.org.slug}/traces/${id}`,
      search: (old: SearchMap) => scopeOnly(old),
    });
  };
  const brush = ({ min, max, ...span }: ScatterBox): void => {
    const { from, to } = absolute(span);
    change({
      from,
      to,
      min: min < 1 ? undefined : String(Math.floor(min)),
      max: String(Math.ceil(max)),
      sel: undefined,
    });
  };
  return (
    <ScatterChart
      title="Duration of traces"
      points={points}
      name={(i) => `${scatter.service[i] ?? ""} · ${scatter.name[i] ?? ""}`}
      span={spanNow(scope.range)}
      zone={scope.zone}
      height={HEIGHT + 4}
      onPick={open}
      onBrush={brush}
    />
  );
}
