import { type ReactNode, useMemo } from "react";
import { useMetricList } from "@/api/catalogue";
import { type ExploreAnswer, useExploreQuery } from "@/api/explore";
import type { useMetadata } from "@/api/names";
import type { Scope } from "@/api/scope";
import { Async, SkeletonRows } from "@/ui/Async";
import type { View } from "./ExploreNav";
import { ForecastPane } from "./ForecastPane";
import { GraphPane } from "./GraphPane";
import { HeatPane } from "./HeatPane";
import type { Query } from "./link";
import { isSelector, unitOf } from "./promql";
import { RawPane } from "./RawPane";
import { firstQueries } from "./suggest";
import { TablePane } from "./TablePane";

export interface ResultProps {
  /** null where there is only one query. */
  letter: string | null;
  query: Query;
  scope: Scope;
  view: View;
  /** How many answers share the page. */
  share: number;
  metadata: ReturnType<typeof useMetadata>;
  onSet: (patch: Partial<Query>) => void;
  /** Runs another expression in this query's place. */
  onExpr: (expr: string) => void;
}

/** The answer to one query in the chosen form. */
export function Result(props: ResultProps): ReactNode {
  const { query, scope, view, metadata } = props;
  const expr = query.expr.trim();
  const unit = useMemo(
    () => unitOf(expr, (metric) => metadata[metric]?.unit ?? ""),
    [expr, metadata],
  );
  if (expr === "") return <Nothing scope={scope} onExpr={props.onExpr} />;
  if (view === "forecast") return <ForecastPane {...props} unit={unit} />;
  if (view === "raw") return <RawPane query={query} scope={scope} />;
  if (view === "heatmap" && isSelector(expr)) return <HeatPane {...props} answer={null} />;
  return <Ranged {...props} unit={unit} />;
}

function Ranged(props: ResultProps & { unit: string }): ReactNode {
  const { query, scope, view } = props;
  const { value, refreshing } = useExploreQuery(
    scope.project.id,
    { expr: query.expr, stepMs: query.stepMs },
    scope.range,
  );
  // What the server refused stands at the query.
  if (value.state === "failed" && value.failure.code === "bad_data") return null;
  return (
    <Async
      value={value}
      minHeight={320}
      skeleton={<Skeleton share={props.share} />}
      empty={<NoSeries />}
    >
      {(answer: ExploreAnswer) =>
        view === "heatmap" ? (
          <HeatPane {...props} answer={answer} />
        ) : view === "table" && answer.series.length > 0 ? (
          <TablePane {...props} answer={answer} isRefreshing={refreshing} />
        ) : (
          <GraphPane {...props} answer={answer} isRefreshing={refreshing} />
        )
      }
    </Async>
  );
}

/** CSS pixels of a chart, of which `share` stand on the page. */
export const chartHeight = (share: number, part = 0.5): number =>
  Math.max(180, Math.round((window.innerHeight * (isNarrow() ? part * 0.6 : part)) / share));

/** On phones the legend should be seen below the chart. */
const isNarrow = (): boolean => window.innerWidth <= 760;

const HEAD_PX = 42;

/** A chart and its legend, before they are there: the same size, so that nothing moves. */
export function Skeleton({ share = 1 }: { share?: number }): ReactNode {
  return (
    <div className="answer">
      <section className="panel" style={{ height: chartHeight(share) + HEAD_PX }} />
      <section className={share > 1 ? "panel legend-box fixed" : "panel legend-box"}>
        <SkeletonRows rows={5} height={28} />
      </section>
    </div>
  );
}

export function NoSeries(): ReactNode {
  return (
    <section className="panel">
      <div className="state result-empty">
        <p>No series in this range.</p>
        <p className="faint s">
          The metric or the labels may not have been sent then; a longer range or fewer labels may
          find it.
        </p>
      </div>
    </section>
  );
}

interface NothingProps {
  scope: Scope;
  onExpr: (expr: string) => void;
}

/** Before the first query: some to begin with, of what is stored here. */
function Nothing({ scope, onExpr }: NothingProps): ReactNode {
  const list = useMetricList(scope.project.id, { text: "", type: "", sort: "series" }).value;
  const found = list.state === "ready" ? firstQueries(list.data.metrics) : [];
  return (
    <section className="panel">
      <div className="state result-empty">
        <p className="muted">
          Type a query, or take a metric from the finder. <kbd>Ctrl Enter</kbd> runs it.
        </p>
        {found.length > 0 ? (
          <div className="starts">
            <h2 className="faint s">Or begin with one of yours</h2>
            <ul>
              {found.map((expr) => (
                <li key={expr}>
                  <button type="button" className="mono" onClick={() => onExpr(expr)}>
                    {expr}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        ) : null}
      </div>
    </section>
  );
}
