import { describe, expect, it, test } from "vitest";
import { draftExpression } from "./draft";
import { heatQuery } from "./HeatPane";
import { isSelector, metricsOf, parseForm, printForm, unitOf } from "./promql";
import { firstQuery, selectorOf } from "./suggest";

describe("units", () => {
  it.each([
    ["http_request_duration_seconds", "seconds"],
    ["node_memory_MemFree_bytes", "bytes"],
    ["rate(http_requests_total[5m])", "/s"],
    ["sum by (job) (rate(http_requests_total[5m])) * 60", "/min"],
    ["rate(node_network_receive_bytes_total[5m])", "bytes/s"],
    ["histogram_quantile(0.99, sum by (le) (rate(x_seconds_bucket[5m])))", "seconds"],
    ["rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])", "seconds"],
    ['rate(req_total{code="500"}[5m]) / rate(req_total[5m])', "ratio"],
    ["sum(rate(payments_failed_total[5m])) / sum(rate(payments_total[5m])) * 100", "percent"],
    ["1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "ratio"],
    ["count by (job) (up)", ""],
    ["queue_length / workers", ""],
    ["max_over_time(process_resident_memory_bytes[1h])", "bytes"],
    ["max_over_time(rate(x_total[5m])[1h:])", "/s"],
    ["cache_hit_ratio", "ratio"],
    ["rate(node_cpu_seconds_total[5m])", ""],
    ["topk(5, go_memstats_alloc_bytes)", "bytes"],
    ["increase(orders_total[1h])", ""],
    ["-temperature_celsius offset 1h", "celsius"],
    ["", ""],
    ["sum(", ""],
  ])("%s is in %j", (expr, unit) => expect(unitOf(expr)).toBe(unit));

  it("are those that were declared, for the whole family", () => {
    const declared = (metric: string): string => (metric === "wait" ? "seconds" : "");
    expect(unitOf("wait", declared)).toBe("seconds");
    expect(unitOf("rate(wait_sum[5m]) / rate(wait_count[5m])", declared)).toBe("seconds");
  });
});

test("the metrics of a query, quoted names too, each once", () => {
  expect(metricsOf('sum(rate(a[5m])) / sum(a) + {"my.metric", b="c"}')).toEqual(["a", "my.metric"]);
});

test("a selector is one, whatever parentheses stand around it", () => {
  expect(isSelector('(up{job="a"})')).toBe(true);
  expect(isSelector("rate(up[5m])")).toBe(false);
});

describe("the form", () => {
  it.each([
    "up",
    'up{job="api", instance=~"web.*"}',
    "rate(http_requests_total[5m])",
    'sum by (job, code) (rate(http_requests_total{method!="GET"}[1h]))',
    "avg(node_load1)",
    'max_over_time({"my.metric", a="b"}[1d])',
  ])("writes %s as it read it", (expr) => {
    const form = parseForm(expr);
    expect(form).not.toBeNull();
    expect(form && printForm(form)).toBe(expr);
  });

  it("knows the other place of `by`", () => {
    const form = parseForm("sum(rate(x[5m])) by (job)");
    expect(form?.by).toEqual(["job"]);
    expect(form && printForm(form)).toBe("sum by (job) (rate(x[5m]))");
  });

  it("escapes what people type", () => {
    const form = { ...parseForm("up"), filters: [{ label: "a", op: "=", value: 'x"\\' }] };
    const text = printForm(form as Parameters<typeof printForm>[0]);
    expect(text).toBe('up{a="x\\"\\\\"}');
    expect(parseForm(text)?.filters[0]?.value).toBe('x"\\');
  });

  it.each([
    "a / b",
    "sum without (job) (x)",
    "topk(5, x)",
    "rate(x[5m] offset 1h)",
    "x > 5",
    "histogram_quantile(0.9, x)",
    "rate(sum(x)[5m:])",
    "x @ 0",
    "sum(",
  ])("does not pretend to hold %s", (expr) => expect(parseForm(expr)).toBeNull());
});

test("queries to begin with suit the metric", () => {
  expect(firstQuery({ metric: "a_total", type: "counter" })).toBe("sum(rate(a_total[5m]))");
  expect(firstQuery({ metric: "a_seconds_bucket", type: "histogram" })).toContain("by (le)");
  expect(firstQuery({ metric: "a", type: "gauge" })).toBe("a");
  expect(selectorOf("my.metric")).toBe('{"my.metric"}');
});

test("a heatmap asks what was added in each step", () => {
  const none = (): string => "";
  expect(heatQuery('x_bucket{job="a"}', 180_000, none)).toBe(
    'sum by (le) (increase(x_bucket{job="a"}[180s]))',
  );
  expect(heatQuery("wait_seconds", 60_000, () => "histogram")).toBe(
    "sum(increase(wait_seconds[60s]))",
  );
  expect(heatQuery("up", 60_000, none)).toBeNull();
});

test("an alert's draft has a limit above all that was seen, unless there is one", () => {
  expect(draftExpression("up == 0", null)).toBe("up == 0");
  const answer = { series: [{ labels: {}, values: [1, null, 10] }] };
  expect(draftExpression("x", answer as unknown as Parameters<typeof draftExpression>[1])).toBe(
    "x > 12",
  );
});
