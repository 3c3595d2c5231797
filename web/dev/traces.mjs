// Answers about traces: search, one trace, one span, endpoints, statements, the map, profiles.
import { random } from "./fixtures.mjs";

const MIN = 60_000;
const MS = 1e6;

const SERVICES = ["web", "api", "payments", "search", "mailer"];
const ROUTES = [
  ["web", "GET", "/checkout"],
  ["api", "POST", "/api/orders"],
  ["api", "GET", "/api/classes/{id}"],
  ["payments", "POST", "/v1/intents"],
  ["search", "GET", "/search"],
  ["api", "GET", "/api/workbooks/{id}"],
];
const STATEMENTS = [
  "SELECT c.id, c.total, c.currency FROM cart c LEFT JOIN item i ON i.cart_id = c.id WHERE c.user_id = ? AND c.closed_at IS NULL ORDER BY c.id DESC LIMIT ?",
  "SELECT * FROM item WHERE cart_id = ?",
  "INSERT INTO payment (cart_id, amount, state) VALUES (?, ?, ?) RETURNING id",
  "UPDATE class SET seats = seats - ? WHERE id = ? AND seats >= ?",
];
const ids = (seed, digits) => {
  const next = random(seed);
  return Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");
};

function item(i, now) {
  const next = random(i + 1);
  const [service, method, route] = ROUTES[i % ROUTES.length];
  const isBad = i % 9 === 4;
  const slow = i % 23 === 5 ? 14 : 1;
  return {
    trace_id: ids(i + 7, 32),
    start_ms: now - i * 21_000 - Math.floor(next() * 9_000),
    duration_ns: Math.floor((18 + next() * 240) * slow * MS),
    name: `${method} ${route}`,
    service,
    op: "http.server",
    route,
    method,
    status: isBad ? "error" : "ok",
    has_root: i % 17 !== 3,
    spans: 6 + Math.floor(next() * 60) * slow,
    errors: isBad ? 1 + (i % 3) : i % 13 === 2 ? 1 : 0,
    matched: 0,
    services: SERVICES.slice(0, 1 + (i % 5)),
    environment: "production",
    release: "web 2026.11.20-3",
  };
}

const list = (now) => Array.from({ length: 420 }, (_, i) => item(i, now));

const bad = (message) => ({
  status: 400,
  body: { error: { code: "bad_search", message } },
});

export function traces(now, query) {
  const q = query.get("q") ?? "";
  if ((q.match(/"/g) ?? []).length % 2 === 1)
    return bad(`There is a quote without its end at character ${q.indexOf('"') + 1}.`);
  const from = Number(query.get("from") ?? 0);
  let rows = list(now).filter((one) => one.start_ms >= from);
  if (q.includes("status:error")) rows = rows.filter((one) => one.status === "error");
  if (q.includes("nothing")) rows = [];
  if (query.get("sort") === "slowest") rows.sort((a, b) => b.duration_ns - a.duration_ns);
  const cursor = Number(query.get("cursor") || 0);
  const limit = Number(query.get("limit") ?? 50);
  const page = rows.slice(cursor, cursor + limit);
  return {
    status: 200,
    body: {
      traces: page,
      next_cursor: cursor + limit < rows.length ? String(cursor + limit) : null,
      searched_from_ms: page.at(-1)?.start_ms ?? from,
      is_partial: false,
    },
  };
}

export function overview(now, query) {
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  const rows = (query.get("q") ?? "").includes("nothing")
    ? []
    : list(now).filter((one) => one.start_ms >= from);
  const bucket = Math.max(MIN, Math.ceil((to - from) / 60 / MIN) * MIN);
  const times = [];
  for (let at = Math.floor(from / bucket) * bucket; at < to; at += bucket) times.push(at);
  const next = random(3);
  const count = times.map((at) =>
    rows.length === 0 ? 0 : Math.floor(700 + 240 * Math.sin(at / 7e6) + next() * 120),
  );
  const errors = count.map((n, i) => Math.floor(n * (i > times.length - 6 ? 0.11 : 0.008)));
  const sum = (all) => all.reduce((total, one) => total + one, 0);
  return {
    unit: "traces",
    total: sum(count),
    errors: sum(errors),
    sample_ratio: 1,
    histogram: {
      times_ms: times,
      bucket_ms: bucket,
      count,
      errors,
      p50_ms: count.map(() => 64 + next() * 20),
      p95_ms: count.map(() => 310 + next() * 120),
    },
    scatter: {
      trace_id: rows.map((one) => one.trace_id),
      start_ms: rows.map((_, i) => Math.round(from + ((to - from) * (i + 0.5)) / rows.length)),
      duration_ms: rows.map((one) => one.duration_ns / MS),
      is_error: rows.map((one) => one.status === "error"),
      name: rows.map((one) => one.name),
      service: rows.map((one) => one.service),
    },
  };
}

export const fields = () => ({
  fields: [
    ["service", "service that the span belongs to", "service:shop"],
    ["name", "the span's name; * stands for anything", 'name:"GET /cart*"'],
    ["status", "error, ok or unset", "status:error"],
    ["duration", "the span's own duration", "duration:>500ms"],
    ["http.status", "status code of the answer", "http.status:>=500"],
    ["route", "templated endpoint", "route:/cart/{id}"],
  ].map(([name, doc, example]) => ({ name, kind: "text", of: "span", doc, example })),
  attributes: ["user.plan", "http.target", "region"],
});

export const values = (query) => ({
  values: (query.get("field") === "service" ? SERVICES : ["gold", "free"]).map((value, i) => ({
    value,
    count: 4_200 - i * 700,
  })),
  is_sampled: true,
});

const BIG = "b".repeat(32);

/** A checkout over five services; the id of only b's has 10,000 spans. */
export function trace(id, now) {
  const size = id === BIG ? 10_000 : 84;
  const next = random(11);
  const names = [
    "GET /checkout",
    "POST /api/orders",
    "SELECT cart",
    "POST /v1/intents",
    "GET stripe",
    "search classes",
    "send receipt",
    "render",
  ];
  const ops = ["http.server", "http.client", "db", "function", "queue.publish"];
  const col = (value) => Array.from({ length: size }, (_, i) => value(i));
  const whole = 1_920 * MS;
  const spans = {
    span_id: col((i) => ids(i + 900, 16)),
    parent: col(() => 0),
    depth: col(() => 0),
    descendants: col(() => 0),
    start_ns: col(() => 0),
    duration_ns: col(() => whole),
    self_ns: col(() => 0),
    name: col((i) => (i === 0 ? 0 : 1 + (i % 7))),
    service: col((i) => (i === 0 ? 0 : Math.floor(i / 3) % 5)),
    op: col((i) => (i === 0 ? 0 : i % 5)),
    kind: col(() => 0),
    status: col((i) => (i % 31 === 12 ? 2 : 1)),
    http_status: col(() => 0),
    errors: col((i) => (i % 31 === 12 ? 1 : 0)),
    logs: col(() => 0),
    is_missing: col((i) => i === size - 6),
    is_critical: col((i) => i % 4 === 0),
    project: col(() => 0),
  };
  const stack = [0];
  spans.parent[0] = -1;
  for (let i = 1; i < size; i += 1) {
    while (stack.length > 1 && next() < (size > 100 ? 0.38 : 0.2)) stack.pop();
    while (stack.length > (size > 100 ? 9 : 4)) stack.pop();
    const up = stack.at(-1);
    const room = spans.duration_ns[up];
    spans.parent[i] = up;
    spans.depth[i] = spans.depth[up] + 1;
    const used = spans.self_ns[up] || room * 0.02;
    const start = Math.min(used, room * 0.92);
    const length = Math.max(
      0.02 * MS,
      Math.min((room - start) * 0.9, room * (0.12 + next() * 0.5)),
    );
    spans.start_ns[i] = Math.floor(spans.start_ns[up] + start);
    spans.duration_ns[i] = Math.floor(length);
    spans.self_ns[up] = start + length + room * 0.01;
    stack.push(i);
  }
  for (let i = size - 1; i > 0; i -= 1)
    spans.descendants[spans.parent[i]] += 1 + spans.descendants[i];
  for (let i = 0; i < size; i += 1)
    spans.self_ns[i] = Math.floor(spans.duration_ns[i] * (spans.descendants[i] ? 0.2 : 1));
  const facts = (name, i) => ({
    name,
    spans: Math.floor(size / 5),
    errors: i === 2 ? 2 : 0,
    self_ns: Math.floor(whole / (i + 2)),
    total_ns: whole,
    skew_ns: i === 3 ? -4 * MS : 0,
  });
  return {
    trace_id: id,
    project_ids: [1],
    name: "GET /checkout",
    service: "web",
    status: "error",
    start_ms: now - 19 * MIN,
    start_nanos: 0,
    duration_ns: whole,
    environment: "production",
    release: "web 2026.11.20-3",
    total_spans: size,
    is_cut: false,
    duplicates: 0,
    orphans: 5,
    is_skew_adjusted: true,
    is_skewed: true,
    sample_ratio: 0.1,
    error_events: 2,
    log_lines: 37,
    names,
    ops,
    kinds: ["server"],
    services: SERVICES.map(facts),
    self_time: [],
    spans,
    critical_path: {
      row: [4, 0, 8],
      from_ns: [spans.start_ns[4] ?? 0, 0, spans.start_ns[8] ?? 0],
      to_ns: [
        (spans.start_ns[4] ?? 0) + (spans.duration_ns[4] ?? 0),
        40 * MS,
        (spans.start_ns[8] ?? 0) + (spans.duration_ns[8] ?? 0),
      ],
    },
    errors: [],
    links: [],
    profiles: [],
    problems: [
      {
        kind: "n_plus_one",
        statement: STATEMENTS[1],
        system: "postgresql",
        parent: 2,
        rows: [3, 4, 5, 6, 7],
        total_ns: 90 * MS,
      },
    ],
  };
}

export function span(traceId, id, now) {
  return {
    trace_id: traceId,
    span_id: id,
    parent_id: ids(3, 16),
    project_id: 1,
    start_ms: now - 19 * MIN,
    start_nanos: 0,
    duration_ns: 84 * MS,
    received_ms: now - 18 * MIN,
    name: "SELECT cart",
    kind: "client",
    op: "db",
    status: "error",
    status_message: "deadlock detected",
    service: "api",
    environment: "production",
    release: "web 2026.11.20-3",
    host: "api-2",
    is_entry: false,
    route: "",
    transaction: "POST /api/orders",
    http_method: "",
    http_status: 0,
    db_system: "postgresql",
    statement: STATEMENTS[0],
    user_key: "u_4821",
    session_id: "",
    source: "otlp",
    attributes: {
      "db.name": "academy",
      "db.user": "api",
      "net.peer.name": "db-1.internal",
      "net.peer.port": "5432",
      "thread.name": "worker-3",
      "server.address": "10.2.0.7",
      "otel.library.name": "@opentelemetry/instrumentation-pg",
      "user.plan": "gold",
      "feature.flags": "new-checkout,saved-cards",
    },
    events: [
      {
        ts_ms: now - 19 * MIN,
        nanos: 0,
        name: "exception",
        attributes: {
          "exception.type": "DeadlockDetected",
          "exception.message": "deadlock detected",
          "exception.stacktrace":
            'Traceback (most recent call last):\n  File "orders.py", line 88, in place\n    cur.execute(sql)',
        },
      },
    ],
    links: [{ trace_id: ids(99, 32), span_id: ids(98, 16), attributes: {} }],
    errors: [
      {
        event_id: ids(5, 32),
        project_id: 1,
        span_id: id,
        row: 4,
        ts_ms: now - 19 * MIN,
        level: "error",
        type: "DeadlockDetected",
        value: "deadlock detected",
      },
    ],
    log_lines: 3,
  };
}

const latency = (p95) => ({ avg_ms: p95 / 3, p50_ms: p95 / 4, p95_ms: p95, p99_ms: p95 * 1.9 });
const before = (ratio, p95) => ({
  calls: 9_000,
  error_ratio: 0.004,
  p95_ms: p95 / ratio,
  p95_ratio: ratio,
  is_significant: Math.abs(ratio - 1) > 0.15,
});
const spark = (seed) => {
  const next = random(seed);
  return Array.from({ length: 24 }, () => Math.floor(40 + next() * 60));
};
const frame = (query) => ({
  from_ms: Number(query.get("from")),
  to_ms: Number(query.get("to")),
  resolution_ms: MIN,
  spark_times_ms: [],
});

export function endpoints(query) {
  const service = query.get("service") ?? "";
  const rows = ROUTES.map(([name, method, route], i) => {
    const p95 = [1_920, 310, 84, 740, 122, 46][i];
    return {
      service: name,
      route,
      method,
      op: "http.server",
      calls: 84_000 / (i + 1),
      per_s: 38 / (i + 1),
      errors: i === 0 ? 9_800 : 12,
      error_ratio: i === 0 ? 0.1166 : 0.0021 * i,
      latency: latency(p95),
      under: {},
      apdex: [0.71, 0.94, 0.99, 0.86, 0.98, 1][i],
      total_ms: 4e6 / (i + 1),
      time_ratio: 0.44 / (i + 1),
      spark: spark(i + 2),
      spark_p95_ms: [],
      before: i === 5 ? null : before([2.4, 1.04, 0.82, 1.18, 0.99][i], p95),
      is_over_budget: i === 0 || i === 3,
    };
  }).filter((one) => service === "" || one.service === service);
  return {
    ...frame(query),
    budget: {
      preset: "average",
      stat: "p95",
      limit_ms: 500,
      for_minutes: 10,
      satisfied_ms: 500,
      slow_query_ms: 1_000,
    },
    total: rows.length,
    calls: 240_000,
    per_s: 66,
    error_ratio: 0.0231,
    latency: latency(612),
    endpoints: rows,
  };
}

export function statements(query) {
  const rows = STATEMENTS.map((statement, i) => ({
    statement,
    system: "postgresql",
    service: i === 2 ? "payments" : "api",
    op: "db",
    calls: 96_000 / (i + 1),
    per_s: 44 / (i + 1),
    errors: i === 3 ? 42 : 0,
    error_ratio: 0,
    latency: latency([310, 4, 22, 61][i]),
    total_ms: 6e6 / (i + 1),
    time_ratio: 0.58 / (i + 1),
    slow: i === 0 ? 214 : 0,
    spark: spark(i + 30),
    before: before([2.1, 1, 0.96, 1.3][i], 310),
    is_regressed: i === 0,
    example_trace_id: ids(i + 7, 32),
    example_ms: 2_840,
  }));
  return {
    ...frame(query),
    total: rows.length,
    calls: 180_000,
    per_s: 82,
    latency: latency(120),
    statements: rows,
  };
}

export function problems(query, now) {
  const of = (id, kind, title, statement, more) => ({
    id,
    kind,
    title,
    service: "api",
    transaction: "POST /api/orders",
    statement,
    system: "postgresql",
    occurrences: 312,
    calls: 9_400,
    avg_calls: 31,
    lost_ms: 184_000,
    p95_ms: 310,
    p95_ratio: null,
    first_seen_ms: now - 90 * MIN,
    last_seen_ms: now - 2 * MIN,
    evidence: [1, 2, 3].map((i) => ({
      trace_id: ids(i + 7, 32),
      span_id: "",
      ts_ms: now - i * MIN,
      calls: 31,
      duration_ms: 94,
    })),
    ...more,
  });
  const rows = [
    of("1", "n_plus_one", "31 times the same statement in POST /api/orders", STATEMENTS[1], {}),
    of("2", "slower_query", "p95 of a cart query doubled", STATEMENTS[0], { p95_ratio: 2.1 }),
    of("3", "slow_query", "214 calls over 1 s", STATEMENTS[0], { calls: 214 }),
  ];
  return {
    from_ms: Number(query.get("from")),
    to_ms: Number(query.get("to")),
    total: rows.length,
    problems: rows,
  };
}

export const slowQueries = (query, now) => ({
  over_ms: 1_000,
  searched_from_ms: Number(query.get("from")),
  queries: Array.from({ length: 18 }, (_, i) => ({
    trace_id: ids(i + 7, 32),
    span_id: ids(i, 16),
    ts_ms: now - i * 7 * MIN,
    duration_ms: 4_200 - i * 170,
    statement: STATEMENTS[i % 4],
    system: "postgresql",
    service: "api",
    transaction: "POST /api/orders",
    is_error: i === 2,
  })),
});

export const dependencies = (query) => ({
  ...frame(query),
  total: 3,
  dependencies: [
    ["http", "api.stripe.com"],
    ["cache", "redis"],
    ["queue", "mail"],
  ].map(([category, name], i) => ({
    category,
    service: "payments",
    name,
    system: name,
    op: "",
    calls: 12_000,
    per_s: 5.5,
    errors: i === 0 ? 140 : 0,
    error_ratio: i === 0 ? 0.0117 : 0,
    latency: latency(i === 1 ? 1.2 : 640),
    total_ms: 9e5,
    hits: 900,
    misses: 100,
    hit_ratio: i === 1 ? 0.9 : null,
    spark: spark(i + 50),
    before: before(1.02, 640),
    example_trace_id: "",
  })),
});

export function map(query) {
  const node = (kind, name, per_s, ratio, p95) => ({
    id: `${kind}:${name}`,
    kind,
    name,
    calls: per_s * 3600,
    per_s,
    errors: 0,
    error_ratio: ratio,
    p50_ms: p95 / 4,
    p95_ms: p95,
  });
  const edge = (source, target, per_s, ratio, p95) => ({
    source,
    target,
    calls: per_s * 3600,
    per_s,
    errors: ratio > 0 ? 9 : 0,
    error_ratio: ratio,
    p50_ms: p95 / 4,
    p95_ms: p95,
    is_estimated: true,
  });
  return {
    from_ms: Number(query.get("from")),
    to_ms: Number(query.get("to")),
    sample_ratio: 0.25,
    sampled_spans: 84_000,
    nodes: [
      node("service", "web", 41, 0.023, 1_920),
      node("service", "api", 118, 0.004, 310),
      node("service", "payments", 9, 0.141, 740),
      node("service", "search", 22, 0, 122),
      node("service", "mailer", 3, 0, 84),
      node("db", "postgresql", 340, 0, 22),
      node("cache", "redis", 610, 0, 1.2),
      node("http", "api.stripe.com", 9, 0.138, 690),
      node("queue", "mail", 3, 0, 4),
    ],
    edges: [
      edge("service:web", "service:api", 96, 0.004, 320),
      edge("service:web", "service:search", 22, 0, 130),
      edge("service:api", "service:payments", 9, 0.14, 760),
      edge("service:api", "db:postgresql", 300, 0, 22),
      edge("service:search", "db:postgresql", 40, 0, 30),
      edge("service:api", "cache:redis", 610, 0, 1.2),
      edge("service:payments", "http:api.stripe.com", 9, 0.138, 690),
      edge("service:payments", "queue:mail", 3, 0, 4),
      edge("queue:mail", "service:mailer", 3, 0, 84),
      edge("service:mailer", "service:api", 2, 0, 40),
    ],
  };
}

const profileItem = (i, now) => ({
  profile_id: ids(i + 60, 32),
  profiler_id: "",
  trace_id: ids(i + 7, 32),
  span_id: "",
  ts_ms: now - i * 4 * MIN,
  duration_ns: 240 * MS,
  transaction: "POST /api/orders",
  service: "api",
  platform: "python",
  environment: "production",
  release: "api 4.2.0",
  host: "api-1",
  format: "sentry-1",
});

export const profiles = (now) => ({
  profiles: Array.from({ length: 12 }, (_, i) => profileItem(i, now)),
  transactions: [
    { transaction: "POST /api/orders", service: "api", profiles: 12, last_ms: now, p95_ms: 310 },
  ],
  next_cursor: null,
});

export function flame(now) {
  const next = random(5);
  const fns = [
    "main",
    "handle",
    "place_order",
    "load_cart",
    "execute",
    "json.dumps",
    "validate",
    "send",
    "recv",
    "encode",
  ];
  const nodes = { frame: [-1], parent: [-1], depth: [0], value: [1_000 * MS], own: [0] };
  const grow = (parent, weight, depth) => {
    let rest = weight * 0.96;
    for (let k = 0; k < 4 && rest > weight * 0.03 && depth < 14; k += 1) {
      const value = Math.floor(rest * (0.35 + next() * 0.5));
      const row = nodes.frame.length;
      nodes.frame.push(Math.floor(next() * fns.length));
      nodes.parent.push(parent);
      nodes.depth.push(depth);
      nodes.value.push(value);
      nodes.own.push(Math.floor(value * 0.1));
      rest -= value;
      if (value > 4 * MS) grow(row, value, depth + 1);
    }
  };
  grow(0, 1_000 * MS, 1);
  return {
    unit: "nanoseconds",
    kind: "wall",
    kinds: ["wall"],
    profiles: 12,
    total: 12,
    samples: 2_400,
    is_cut: false,
    threads: [
      { id: "1", name: "MainThread", value: 900 * MS },
      { id: "2", name: "worker", value: 100 * MS },
    ],
    frames: {
      function: fns,
      module: fns.map((_, i) => (i < 5 ? "shop.orders" : "json.encoder")),
      file: fns.map((_, i) => (i < 5 ? "shop/orders.py" : "json/encoder.py")),
      line: fns.map((_, i) => 10 + i),
      in_app: fns.map((_, i) => i < 5),
    },
    nodes,
    items: [profileItem(0, now)],
  };
}
