// Answers about metrics: catalogue, cardinality, target pools, forecasts.
import { metricNames, random, targets } from "./fixtures.mjs";

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

const SHAPES = [
  ["http_requests_total", "counter", "", "HTTP requests served, by status code and method", 1840],
  ["http_request_duration_seconds_bucket", "histogram", "seconds", "Time of requests", 22_080],
  ["node_memory_MemAvailable_bytes", "gauge", "bytes", "Memory that can be had", 12],
  ["payments_total", "counter", "", "Payments tried", 64],
];

/** As many metrics as make a list worth scrolling. */
function all(now) {
  const made = Array.from({ length: 3_200 }, (_, i) => ({
    metric: `job_${String(i).padStart(4, "0")}_duration_seconds`,
    type: i % 3 === 0 ? "gauge" : "counter",
    help: `How long job ${i} took`,
    unit: "seconds",
    series: 4 + (i % 17),
  }));
  const named = SHAPES.map(([metric, type, unit, help, series]) => ({
    metric,
    type,
    unit,
    help,
    series,
  }));
  const plain = metricNames
    .filter((name) => !named.some((one) => one.metric === name))
    .map((metric) => ({ metric, type: "unknown", unit: "", help: "", series: 5 }));
  return [...named, ...plain, ...made].map((one, i) => ({
    ...one,
    last_ms: i % 41 === 7 ? now - 3 * DAY : now - 4_000,
    is_exact: i % 41 !== 7,
    samples_per_day: i % 41 === 7 ? null : one.series * 5_760,
    jobs: ["api", "web", "payments"].slice(0, 1 + (i % 3)),
  }));
}

export function metrics(now, query) {
  const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const type = query.get("type") ?? "";
  const known = all(now);
  const found = known
    .filter((one) => type === "" || one.type === type)
    .filter((one) =>
      words.every((word) => `${one.metric} ${one.help}`.toLowerCase().includes(word)),
    );
  if (query.get("sort") === "series") found.sort((a, b) => b.series - a.series);
  else found.sort((a, b) => (a.metric < b.metric ? -1 : 1));
  const cursor = Number(query.get("cursor") ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  const page = found.slice(cursor, cursor + limit);
  return {
    metrics: page,
    total: found.length,
    of: known.length,
    series: known.reduce((sum, one) => sum + one.series, 0),
    next_cursor: cursor + limit < found.length ? cursor + limit : null,
    fresh_ms: 10 * MIN,
  };
}

export function metric(now, name) {
  const found = all(now).find((one) => one.metric === name);
  if (!found) return null;
  const label = (key, values) => ({
    name: key,
    values: values.length * 3,
    series: found.series,
    top: values.map((value) => ({ value, series: Math.ceil(found.series / values.length) })),
  });
  return {
    metric: found,
    labels: [
      label("instance", ["api-1:9090", "api-2:9090", "web-1:9090", "web-2:9090"]),
      label("code", ["200", "404", "500"]),
      label("job", found.jobs),
    ],
  };
}

/** One metric beyond its limit, with the label and the sender that made it. */
export const cardinality = () => ({
  limit_per_metric: 20_000,
  limit_per_project: 200_000,
  active_series: 168_400,
  metrics: [
    ["http_request_duration_seconds_bucket", 20_000, 2_080, "path", 1_640, [["api", 19_200]]],
    [
      "http_requests_total",
      1_840,
      0,
      "path",
      460,
      [
        ["api", 1_200],
        ["web", 640],
      ],
    ],
    ["payments_total", 64, 0, "country", 32, [["payments", 64]]],
  ].map(([name, series, overflowed, top_label, top_label_values, senders]) => ({
    metric: name,
    series,
    limit: 20_000,
    overflowed,
    top_label,
    top_label_values,
    senders: senders.map(([sender, count]) => ({ sender, series: count })),
  })),
  labels: [
    { label: "path", values: 1_812 },
    { label: "instance", values: 48 },
    { label: "code", values: 9 },
  ],
});

export function pools(now) {
  const jobs = new Map();
  for (const one of targets(now)) jobs.set(one.job, [...(jobs.get(one.job) ?? []), one]);
  const count = (list, health) => list.filter((one) => one.health === health).length;
  return {
    pools: [...jobs].map(([job, list]) => ({
      job,
      up: count(list, "up"),
      down: count(list, "down"),
      unknown: count(list, "unknown"),
      dropped: 0,
      targets: list.map((one, i) => ({
        ...one,
        url: `http://${one.instance}/metrics`,
        labels: { job, instance: one.instance, env: "production" },
        discovered_labels: { job, __address__: one.instance, __metrics_path__: "/metrics" },
        duration_ms: 8.4 + i * 3.1,
        interval_ms: 15_000,
        timeout_ms: 10_000,
        samples: 412,
        note:
          job === "api"
            ? "The body is a JSON string of the exposition. Send the text itself, not Response.json of it."
            : "",
      })),
    })),
    dropped: [],
    dropped_total: 0,
    problems: [],
  };
}

function forecast(now, limit, perDay) {
  return {
    outlook: limit === null ? null : "reaches",
    limit,
    now: 0.82,
    per_day: perDay,
    at_ms: limit === null ? null : now + 12 * DAY,
    earliest_ms: limit === null ? null : now + 10 * DAY,
    latest_ms: limit === null ? null : now + 14 * DAY,
    history_ms: 14 * DAY,
    needs_ms: DAY,
    since_ms: now - 14 * DAY,
    is_seasonal: true,
    test: { runs: 24, horizon_ms: 4.7 * DAY, error: 0.013, error_ms: 1.3 * DAY },
  };
}

export function forecasts(now, query) {
  const limit = query.get("limit") === null ? null : Number(query.get("limit"));
  const next = random(3);
  const times_ms = Array.from({ length: 337 }, (_, i) => now - (336 - i) * HOUR);
  const values = times_ms.map((_, i) => 0.62 + (0.2 * i) / 336 + next() * 0.02);
  const days = Array.from({ length: 14 }, (_, i) => ({
    start_ms: now - (13 - i) * DAY,
    mean: 0.62 + (0.2 * i) / 14,
    max: 0.65 + (0.2 * i) / 14,
    change: i === 0 ? null : 0.02,
    is_whole: i < 13,
  }));
  return {
    series: [
      {
        labels: { instance: "db-1:9100", mountpoint: "/" },
        forecast: forecast(now, limit, 0.0143),
        times_ms,
        values,
        days,
        growth: 0.14,
      },
    ],
    total: 1,
  };
}

export const hostForecasts = (now) => ({
  hosts: [
    { instance: "db-1:9100", resource: "disk", detail: "/", forecast: forecast(now, 1, 0.0143) },
  ],
});
