import type { ReactNode } from "react";
import { type MetricDetail, useMetricDetail } from "@/api/catalogue";
import { useRangeQuery } from "@/api/metrics";
import type { Scope } from "@/api/scope";
import { Sparkline } from "@/charts/Sparkline";
import { lastKnown } from "@/charts/shape";
import { compact, count, showText } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { kindOf } from "./Finder";
import { unitOf } from "./promql";
import { firstQuery, selectorOf } from "./suggest";

interface MetricPanelProps {
  metric: string;
  scope: Scope;
  onClose: () => void;
}

/** One metric: what it is, how it went, its labels with their values. */
export function MetricPanel({ metric, scope, onClose }: MetricPanelProps): ReactNode {
  const value = useMetricDetail(scope.project.id, metric);
  return (
    <section className="panel metric-panel" aria-label={metric}>
      <div className="ph">
        <h2 className="mono trunc" title={metric}>
          {metric}
        </h2>
        <span className="grow" />
        <Button kind="quiet" small icon="close" aria-label="Close" onClick={onClose} />
      </div>
      <Async value={value} empty={null} skeleton={<SkeletonRows rows={12} />}>
        {(detail) => <Detail detail={detail} scope={scope} />}
      </Async>
    </section>
  );
}

const MOST_SHOWN = 5;

function Detail({ detail, scope }: { detail: MetricDetail; scope: Scope }): ReactNode {
  const { metric, labels } = detail;
  const query = firstQuery(metric);
  return (
    <>
      <div className="pad stack">
        <p className="muted">{metric.help || "No help was sent with it."}</p>
        <Recent query={query} scope={scope} />
        <span className="row wrap">
          <PageLink to="explore" search={{ "p0.expr": query }} className="btn pri">
            Open in Explore
          </PageLink>
          {metric.metric.endsWith("_bucket") ? (
            <PageLink
              to="explore"
              search={{ "p0.expr": selectorOf(metric.metric), tab: "heatmap" }}
              className="btn"
            >
              Heatmap
            </PageLink>
          ) : null}
        </span>
        <dl className="dl">
          <dt>Type</dt>
          <dd>{kindOf(metric) || "unknown"}</dd>
          <dt>Series</dt>
          <dd>{count(metric.series)}</dd>
          <dt>Samples a day</dt>
          <dd>
            {metric.samples_per_day === null ? "–" : compact(Math.round(metric.samples_per_day))}
          </dd>
          <dt>Last sample</dt>
          <dd>
            <Ago atMs={metric.last_ms} zone={scope.zone} />
          </dd>
          <dt>Sent by</dt>
          <dd>{metric.jobs.join(", ") || "series without a job"}</dd>
        </dl>
      </div>
      <table className="t">
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Most frequent values</th>
            <th scope="col" className="num">
              Values
            </th>
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label.name}>
              <td className="m">{label.name}</td>
              <td className="wrap-cell">
                {label.top.slice(0, MOST_SHOWN).map((one) => (
                  <PageLink
                    key={one.value}
                    to="explore"
                    search={{ "p0.expr": filtered(metric.metric, label.name, one.value) }}
                    className="tag"
                    title={`${count(one.series)} series; open them in Explore`}
                  >
                    {one.value}
                  </PageLink>
                ))}
              </td>
              <td className="num">{count(label.values)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {labels.length === 0 ? <p className="pad muted s">It has no labels.</p> : null}
    </>
  );
}

function filtered(metric: string, label: string, value: string): string {
  const selector = selectorOf(metric);
  const pair = `${label}=${JSON.stringify(value)}`;
  return selector.endsWith("}") ? `${selector.slice(0, -1)}, ${pair}}` : `${selector}{${pair}}`;
}

/** The last hours in a small line, of all series together. */
function Recent({ query, scope }: { query: string; scope: Scope }): ReactNode {
  const expr = /^(sum|histogram_quantile)\b/.test(query) ? query : `avg(${query})`;
  const { value } = useRangeQuery(scope.project.id, expr, scope.range, { points: 100 });
  const series = value.state === "ready" ? value.data.series[0] : undefined;
  return (
    <div className="recent">
      {series ? (
        <Sparkline values={series.values} hot label={`${expr} over the range`} />
      ) : (
        <span className="spark" />
      )}
      <span className="m">{series ? showText(lastKnown(series.values), unitOf(expr)) : ""}</span>
      <span className="mono faint xs trunc" title={expr}>
        {value.state === "empty" ? "Nothing in this range." : expr}
      </span>
    </div>
  );
}
