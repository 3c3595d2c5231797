/** Queries to begin with, by what a metric is. */

const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** A metric as a selector; names that PromQL cannot write bare are quoted. */
export const selectorOf = (metric: string): string =>
  PLAIN_NAME.test(metric) ? metric : `{${JSON.stringify(metric)}}`;

/** What most people want to see of a metric first. */
export function firstQuery({ metric, type }: { metric: string; type: string }): string {
  const selector = selectorOf(metric);
  if (metric.endsWith("_bucket"))
    return `histogram_quantile(0.95, sum by (le) (rate(${selector}[5m])))`;
  if (type === "histogram" && !/_(sum|count)$/.test(metric))
    return `histogram_quantile(0.95, sum(rate(${selector}[5m])))`;
  if (type === "counter" || /_(total|sum|count)$/.test(metric)) return `sum(rate(${selector}[5m]))`;
  return selector;
}

interface Suggested {
  readonly metric: string;
  readonly type: string;
}

const MOST = 6;
const MOST_ALIKE = 2;
/** What the server keeps of itself, of its scrapes and of its alerts is seldom what people came for. */
const OWN = /^(watchkeeper_|scrape_|ALERTS|up$)/;

/** A few queries to begin with, of metrics in the order given: one a family, two an exporter. */
export function firstQueries(metrics: readonly Suggested[]): string[] {
  const families = new Map<string, Suggested>();
  for (const one of metrics) {
    const family = one.metric.replace(/_(bucket|sum|count|created|total)$/, "");
    const old = families.get(family);
    if (OWN.test(one.metric) || (old && !one.metric.endsWith("_bucket"))) continue;
    families.set(family, one);
  }
  const alike = new Map<string, number>();
  const kept = [...families.values()].filter(({ metric }) => {
    const prefix = metric.split(/[_:]/)[0] ?? metric;
    const seen = (alike.get(prefix) ?? 0) + 1;
    alike.set(prefix, seen);
    return seen <= MOST_ALIKE;
  });
  return kept.slice(0, MOST).map(firstQuery);
}
