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
