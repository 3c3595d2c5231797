import { expect, test } from "vitest";
import { firstQueries } from "./suggest";

const of = (...names: string[]): { metric: string; type: string }[] =>
  names.map((metric) => ({ metric, type: "unknown" }));

test("queries to begin with are one a family, by what the metric is", () => {
  expect(
    firstQueries(of("http_seconds_sum", "http_seconds_bucket", "jobs_total", "queue")),
  ).toEqual([
    "histogram_quantile(0.95, sum by (le) (rate(http_seconds_bucket[5m])))",
    "sum(rate(jobs_total[5m]))",
    "queue",
  ]);
});

test("one exporter does not fill them, and the server's own metrics stay out", () => {
  const found = firstQueries(
    of("node_a", "node_b", "node_c", "up", "ALERTS", "watchkeeper_x", "app_z"),
  );
  expect(found).toEqual(["node_a", "node_b", "app_z"]);
  expect(firstQueries([])).toEqual([]);
});
