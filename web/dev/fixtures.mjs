// Answers of the development server: one team's day, the same on each start but for the clock.

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const project = (id, slug, name, environments, built_in = false) => ({
  id,
  slug,
  name,
  environments,
  timezone: "Europe/Berlin",
  built_in,
});

export const projects = [
  project(2, "academy", "academy", ["production", "staging"]),
  project(3, "fresh", "fresh", []),
  project(1, "watchkeeper", "watchkeeper", ["production"], true),
];

export const session = (user) => ({
  user,
  csrf_token: user ? "dev-csrf" : null,
  organisations: user ? [{ slug: "academy", name: "Academy", role: "owner", projects }] : [],
  public_url: "http://127.0.0.1:8099",
  version: "0.1.0",
  first_run: false,
});

export const mara = {
  id: 1,
  email: "mara@academy.example",
  name: "Mara Lindqvist",
  is_platform_admin: true,
};
const priya = { id: 2, email: "priya@academy.example", name: "Priya Raman" };
const jonas = { id: 3, email: "jonas@academy.example", name: "Jonas Weber" };

const KEY = "9f3c1e7a5b2d4f60a1c8e7d6b5a49382";
const SERVER_KEY = "4bf92f3577b34da6a3ce929d0e0e4736";

const addresses = (id) => ({
  sentry_dsn: `http://${KEY}@127.0.0.1:8099/${id}`,
  ingest_key: KEY,
  server_key: SERVER_KEY,
  otlp_endpoint: "http://127.0.0.1:8099/v1",
  prometheus_url: `http://wk:wkt_…@127.0.0.1:8099/p/${id}`,
  posthog_host: "http://127.0.0.1:8099",
  statsd_address: "127.0.0.1:8125",
  public_url: "http://127.0.0.1:8099",
});

export function setup(id, now) {
  if (id === 3) {
    const rejection = {
      at_ms: now - 22_000,
      method: "POST",
      path: "/api/3/envelope/",
      status: 401,
      reason: "key unknown",
      sender: "172.17.0.4, sentry.python/2.19.0",
    };
    return { addresses: addresses(id), seen: [], rejections: [rejection] };
  }
  const seen = [
    {
      source: "errors",
      window_s: 86_400,
      first_ms: now - 9 * DAY,
      last_ms: now - 19_000,
      records: 1_284,
    },
    {
      source: "samples",
      window_s: 86_400,
      first_ms: now - 12 * DAY,
      last_ms: now - 6_000,
      records: 9_204_331,
    },
  ];
  return { addresses: addresses(id), seen, rejections: [] };
}

const ISSUES = [
  [
    "critical",
    "TypeError: Cannot read properties of undefined (reading 'clientSecret')",
    "TypeError",
    "confirmPayment in src/checkout/PaymentForm.tsx",
    1284,
    312,
    true,
  ],
  [
    "high",
    "TimeoutError: POST /v1/payment_intents timed out after 8 s",
    "TimeoutError",
    "stripe_client.create in payments/stripe.py",
    96,
    41,
    false,
  ],
  [
    "high",
    'IntegrityError: duplicate key value violates unique constraint "bookings_slot_key"',
    "IntegrityError",
    "Booking.create in bookings/models.py",
    58,
    33,
    false,
  ],
  [
    "medium",
    "ChunkLoadError: Loading chunk 417 failed",
    "ChunkLoadError",
    "webpack/runtime/load script",
    37,
    29,
    false,
  ],
  [
    "medium",
    "AuthenticationError: token expired",
    "AuthenticationError",
    "require_user in api/session.py",
    21,
    12,
    true,
  ],
  ["low", "ResizeObserver loop limit exceeded", "Error", "window.onerror", 9, 9, false],
  [
    "low",
    "ValidationError: phone: not a phone number",
    "ValidationError",
    "parse_contact in crm/forms.py",
    6,
    5,
    false,
  ],
  ["low", "KeyError: 'locale'", "KeyError", "render in mailer/templates.py", 2, 0, false],
];

export function issues(now, changes = {}) {
  return ISSUES.map(([severity, title, type, culprit, events, users, is_regressed], i) => {
    const next = random(i + 40);
    const spark = Array.from({ length: 24 }, (_, j) =>
      i === 0 ? [0, 30, 90][Math.max(0, j - 21)] : Math.round(next() * 9 * (next() > 0.5 ? 1 : 0)),
    );
    return {
      id: 300 + i,
      short_id: `WEB-${318 - i * 7}`,
      title,
      type,
      culprit,
      level: i === 5 ? "warning" : "error",
      severity,
      status: "unresolved",
      is_regressed,
      first_seen_ms: now - (i === 0 ? 78 * DAY : (i + 1) * 9 * HOUR),
      last_seen_ms: now - (i === 0 ? 19_000 : i * 13 * MIN),
      events,
      users,
      spark,
      environment: "production",
      release: i % 2 ? "api 2026.11.20-1" : "web 2026.11.20-3",
      assignee: i === 0 ? mara.email : i === 2 ? priya.email : null,
      is_handled: i % 3 !== 0,
      severity_by: "events",
      is_new: i === 4,
      is_since_deploy: i === 1,
      is_escalating: i === 0,
      first_release: "web 2026.9.2-1",
      comments: i === 0 ? 1 : 0,
      merged: 0,
      resolution: null,
      ignoring: null,
      ...changes[`WEB-${318 - i * 7}`],
    };
  });
}

const EMPTY_STRIP = Array(48).fill(null);

export function home(id, from, to, changes) {
  const now = to;
  const done = {
    account: true,
    project: true,
    first_record: id !== 3,
    rules: id !== 3,
    channel: id === 1,
  };
  const counts = { unresolved: 8, firing: 2, targets_down: 1, targets: 7 };
  if (id === 3) {
    const charts = homeCharts(from, to).map((one) => ({
      ...one,
      value: null,
      series: null,
      change: null,
    }));
    return {
      needs_you: [],
      charts,
      targets: [],
      issues: [],
      counts: { unresolved: 0, firing: 0, targets_down: 0, targets: 0 },
      hosts: [],
      setup_done: done,
    };
  }
  const needs = [
    [
      "alert",
      "firing",
      "critical",
      "PaymentFailureRate",
      "payments 14.1 %, limit 10 % for 15 min",
      23 * MIN,
      "alerts",
      "PaymentFailureRate",
    ],
    [
      "alert",
      "firing",
      "warning",
      "SlowResponseTime",
      "api p95 3.41 s, limit 3 s for 10 min",
      12 * MIN,
      "alerts",
      "SlowResponseTime",
    ],
    [
      "alert",
      "pending",
      "warning",
      "HighDatabaseConnections",
      "postgres 84, limit 80 for 5 min",
      3 * MIN,
      "alerts",
      "HighDatabaseConnections",
    ],
    [
      "target",
      "down",
      "warning",
      "search 10.0.3.18:9100",
      "connection refused",
      14 * MIN,
      "targets",
      "search",
    ],
    [
      "issue",
      "regressed",
      "critical",
      "WEB-318 TypeError",
      "came back in web 2026.11.20-3",
      41 * MIN,
      "errors",
      "WEB-318",
    ],
  ].map(([kind, state, severity, title, detail, age, page, linkId]) => ({
    kind,
    state,
    severity,
    title,
    detail,
    since_ms: now - age,
    link: { page, id: linkId },
  }));
  const calm = id === 1;
  return {
    needs_you: calm ? [] : needs,
    charts: homeCharts(from, to),
    targets: targets(now),
    issues: calm ? [] : issues(now, changes).slice(0, 7),
    counts: calm ? { ...counts, firing: 0, unresolved: 0, targets_down: 0 } : counts,
    hosts: [
      { instance: "web-1:9100", cpu_ratio: 0.41, memory_ratio: 0.63, disk_ratio: 0.52 },
      { instance: "web-2:9100", cpu_ratio: 0.38, memory_ratio: 0.61, disk_ratio: 0.88 },
      { instance: "db-1:9100", cpu_ratio: 0.72, memory_ratio: 0.83, disk_ratio: 0.94 },
    ],
    setup_done: done,
  };
}

const TARGETS = [
  [
    "search",
    "10.0.3.18:9100",
    "down",
    0.62,
    "Get http://10.0.3.18:9100/metrics: connection refused",
  ],
  ["payments", "10.0.3.11:9090", "up", 0.998, ""],
  ["api", "10.0.3.12:9090", "up", 1, ""],
  ["web", "10.0.3.13:9090", "up", 1, ""],
  ["bookings", "10.0.3.14:9090", "up", 0.994, ""],
  ["node", "web-1:9100", "up", 1, ""],
  ["node", "db-1:9100", "up", 1, ""],
];

export function targets(now) {
  return TARGETS.map(([job, instance, health, up_ratio, last_error], i) => {
    const strip = EMPTY_STRIP.map((_, j) => {
      if (i === 0 && j > 29) return j > 44 ? 0 : null;
      if (i === 1 && j === 20) return 0.8;
      if (i === 4 && (j === 8 || j === 9)) return 0.4;
      return 1;
    });
    return {
      job,
      instance,
      health,
      up_ratio,
      strip,
      last_error,
      last_scrape_ms: now - 4_000 - i * 800,
    };
  });
}

export const targetStates = (now) =>
  targets(now).map(({ job, instance, health, last_scrape_ms, last_error }, i) => ({
    job,
    instance,
    url: `http://${instance}/metrics`,
    labels: { job, instance, env: "production" },
    health,
    last_scrape_ms,
    duration_ms: health === "down" ? null : 8.4 + i * 3.1,
    samples: health === "down" ? null : 412 + i * 61,
    last_error,
  }));

const ramp = (x) => 0.5 + 0.5 * Math.tanh((x - 0.4) * 6);

/** A shape for each golden chart, over x from 0 to 1. */
function homeCharts(from, to) {
  const n = 73;
  const step = (to - from) / (n - 1);
  const make = (seed, shape, noise) => {
    const next = random(seed);
    const values = Array.from({ length: n }, (_, i) =>
      Math.max(0, shape(i / (n - 1)) + (next() - 0.5) * noise),
    );
    return { times_ms: values.map((_, i) => Math.round(from + i * step)), values };
  };
  const errors = make(
    11,
    (x) => (x < 0.88 ? 1.4 : 1.4 + 34 * Math.exp(-Math.abs(x - 0.96) * 22)),
    1.1,
  );
  const requests = make(12, (x) => 90 + 330 * ramp(x), 22);
  const up = make(13, (x) => (x < 0.94 ? 7 : 6), 0);
  const cpu = make(14, (x) => 0.32 + 0.22 * ramp(x), 0.06);
  for (let i = 30; i < 34; i += 1) cpu.values[i] = null;
  const chart = (key, title, unit, query, series, change) => ({
    key,
    title,
    unit,
    query,
    series,
    change,
    value: series.values.at(-1),
    empty_hint: HINTS[key],
  });
  return [
    chart("errors", "Errors", "/min", "sum(rate(watchkeeper_errors_total[5m])) * 60", errors, 1.96),
    chart("requests", "Requests", "/s", "sum(rate(http_requests_total[5m]))", requests, 0.06),
    chart("targets", "Targets up", "", "sum(up)", up, null),
    chart(
      "cpu",
      "Host CPU",
      "ratio",
      'avg(1 - rate(node_cpu_seconds_total{mode="idle"}[5m]))',
      cpu,
      0.09,
    ),
  ];
}

const HINTS = {
  errors: "No error has arrived. Point a Sentry SDK here.",
  requests: "No request metric is scraped yet.",
  targets: "No target is scraped yet.",
  cpu: "No host metrics yet.",
};

export const keys = (now) => [
  {
    id: 1,
    kind: "public",
    key: KEY,
    label: "Browser and SDKs",
    enabled: true,
    allowed_origins: ["https://academy.example"],
    created_ms: now - 12 * DAY,
    last_used_ms: now - 19_000,
  },
  {
    id: 2,
    kind: "server",
    key: SERVER_KEY,
    label: "Servers",
    enabled: true,
    allowed_origins: [],
    created_ms: now - 12 * DAY,
    last_used_ms: now - 4_000,
  },
  {
    id: 3,
    kind: "public",
    key: "0c1d2e3f405162738495a6b7c8d9eafb",
    label: "Old app",
    enabled: false,
    allowed_origins: [],
    created_ms: now - 90 * DAY,
    last_used_ms: null,
  },
];

export const tokens = (now) => [
  {
    id: 1,
    name: "Grafana",
    prefix: "wkt_8fK2",
    role: "viewer",
    project_id: 2,
    created_ms: now - 8 * DAY,
    expires_ms: null,
    last_used_ms: now - 40_000,
  },
  {
    id: 2,
    name: "CI",
    prefix: "wkt_Qm41",
    role: "member",
    project_id: null,
    created_ms: now - 30 * DAY,
    expires_ms: now + 60 * DAY,
    last_used_ms: now - 2 * DAY,
  },
];

export const members = (now) => [
  { user_id: 1, email: mara.email, name: mara.name, role: "owner", created_ms: now - 90 * DAY },
  { user_id: 2, email: priya.email, name: priya.name, role: "admin", created_ms: now - 60 * DAY },
  { user_id: 3, email: jonas.email, name: jonas.name, role: "viewer", created_ms: now - 12 * DAY },
];

export const audit = (now) => [
  {
    id: 4,
    at_ms: now - 3 * HOUR,
    actor: mara.email,
    action: "key.rotate",
    target: "key 1",
    facts: { project: "academy" },
  },
  {
    id: 3,
    at_ms: now - 26 * HOUR,
    actor: priya.email,
    action: "rules.put",
    target: "critical_alerts",
    facts: { rules: 14 },
  },
  {
    id: 2,
    at_ms: now - 2 * DAY,
    actor: mara.email,
    action: "member.add",
    target: jonas.email,
    facts: { role: "viewer" },
  },
  {
    id: 1,
    at_ms: now - 12 * DAY,
    actor: mara.email,
    action: "project.create",
    target: "academy",
    facts: {},
  },
];

export const channels = (now) => [
  {
    id: 1,
    kind: "webhook",
    name: "Incident room",
    options: { url: "https://hooks.academy.example/wk" },
    enabled: true,
    created_ms: now - 8 * DAY,
  },
];

export const scrapeConfig = () => ({
  problems: [],
  source: `global:
  scrape_interval: 15s
scrape_configs:
  - job_name: api
    static_configs:
      - targets: ["10.0.3.12:9090"]
        labels:
          env: production
  - job_name: node
    static_configs:
      - targets: ["web-1:9100", "db-1:9100"]
`,
});

export const dataHealth = (now) => ({
  spool: { depth_bytes: 1_482_000, limit_bytes: 2 * 1024 ** 3, lag_ms: 84 },
  accepted: [
    { signal: "samples", records: 91_204_331, per_s: 2_814.2 },
    { signal: "errors", records: 48_213, per_s: 0.6 },
    { signal: "logs", records: 1_204_331, per_s: 31.4 },
  ],
  drops: [
    { reason: "key_unknown", count: 412 },
    { reason: "duplicate_sample", count: 96 },
    { reason: "body_too_large", count: 3 },
  ],
  stores: [
    { table: "samples", rows: 91_204_331, bytes_on_disk: 118_400_000 },
    { table: "series", rows: 4_812, bytes_on_disk: 410_000 },
    { table: "errors", rows: 48_213, bytes_on_disk: 22_100_000 },
    { table: "logs", rows: 1_204_331, bytes_on_disk: 61_000_000 },
  ],
  processes: [
    { name: "edge", rss_bytes: 61 * 1024 ** 2, restarts: 0, started_ms: now - 3 * DAY },
    { name: "engine", rss_bytes: 318 * 1024 ** 2, restarts: 1, started_ms: now - 9 * HOUR },
  ],
  dead_letters: 2,
});

export function issuePage(now, query, changes) {
  const terms = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (one, term) => {
    const [key, value] = term.split(":");
    if (key === "severity") return one.severity === value;
    if (key !== "is")
      return (
        term.includes(":") ||
        `${one.short_id} ${one.title} ${one.culprit}`.toLowerCase().includes(term)
      );
    return value === "regressed"
      ? one.is_regressed
      : value === "for_me"
        ? one.assignee !== null
        : one.status === value;
  };
  const found = issues(now, changes).filter((one) => terms.every((term) => holds(one, term)));
  const from = Number(query.get("from")) || now - 6 * HOUR;
  const to = Number(query.get("to")) || now;
  const times_ms = Array.from({ length: 48 }, (_, i) => Math.round(from + ((to - from) / 48) * i));
  const next = random(5);
  const by = (scale, from_) =>
    times_ms.map((_, i) =>
      i >= from_ ? Math.round(next() * scale) : Math.round(next() * scale * 0.2),
    );
  const limit = Number(query.get("limit")) || 50;
  return {
    issues: found.slice(0, limit),
    next_cursor: null,
    total: found.length,
    hints: [],
    stats: {
      times_ms,
      by_severity: { low: by(3, 0), medium: by(5, 0), high: by(7, 20), critical: by(60, 42) },
    },
  };
}

export function issueDetail(now, shortId, query, changes) {
  const issue = issues(now, changes).find((one) => one.short_id === shortId);
  if (issue === undefined) return null;
  const from = Number(query.get("from")) || now - 2 * HOUR;
  const to = Number(query.get("to")) || now;
  const next = random(5);
  const times_ms = Array.from({ length: 60 }, (_, i) => Math.round(from + ((to - from) / 60) * i));
  const events = times_ms.map((_, i) => (i < 34 ? 0 : Math.round(30 + next() * 34)));
  const value = (value, count) => ({ value, count, ratio: count / 1284 });
  return {
    ...issue,
    value: "Cannot read properties of undefined (reading 'clientSecret')",
    platform: "javascript",
    total_events: 48_120,
    status_changed_ms: now - 41 * MIN,
    grouping_version: 2,
    stats: { times_ms, events, users: events.map((n) => Math.round(n * 0.3)) },
    tags: [
      { key: "card", is_sampled: false, values: [value("saved", 1284)] },
      {
        key: "browser",
        is_sampled: false,
        values: [value("Safari 26", 590), value("Chrome 142", 526), value("Firefox 145", 168)],
      },
      { key: "country", is_sampled: false, values: [value("Germany", 488), value("Sweden", 282)] },
    ],
    activity: [
      {
        at_ms: now - 41 * MIN,
        actor: "",
        kind: "regressed",
        facts: { release: "web 2026.11.20-3" },
      },
      {
        at_ms: now - 77 * DAY,
        actor: priya.email,
        kind: "resolved",
        facts: { release: "2026.9.2-2" },
      },
      { at_ms: now - 78 * DAY, actor: "", kind: "first_seen", facts: {} },
    ],
    releases: ["web 2026.11.20-3", "web 2026.9.2-1"],
    environments: ["production", "staging"],
  };
}

const CONTEXT = [
  '  const card = elements.getElement("card");',
  "  if (saved) {",
  "    // saved cards: the intent is made by the quote",
  "    const { intent } = await quote(cart.id, saved.id);",
  "    return stripe.confirmCardPayment(intent.clientSecret);",
  "  }",
  "  const intent = await createIntent(cart.id);",
];

const frame = (filename, fn, lineno, is_in_app, context) => ({
  function: fn,
  raw_function: fn,
  module: "",
  filename,
  abs_path: `webpack:///./${filename}`,
  lineno,
  colno: 41,
  is_in_app,
  platform: "javascript",
  address: "",
  package: "",
  context: context ? CONTEXT.map((text, i) => ({ lineno: lineno - 4 + i, text })) : [],
  vars: context ? { "saved.id": "pm_1Q…x7", "cart.id": 48213, intent: null } : {},
  minified: context
    ? {
        function: "r",
        filename: "app.4f2a.js",
        abs_path: "https://academy.example/assets/app.4f2a.js",
        lineno: 1,
        colno: 48_213,
        context: [
          { lineno: 1, text: "return s.confirmCardPayment(e.clientSecret)}const n=await t(i.id)" },
        ],
      }
    : null,
  note: "",
});

const STACK = [
  frame("src/checkout/PaymentForm.tsx", "confirmPayment", 88, true, true),
  frame("src/checkout/useCheckout.ts", "submit", 141, true, false),
  frame("src/checkout/Summary.tsx", "onPay", 52, true, false),
  ...Array.from({ length: 11 }, (_, i) =>
    frame("node_modules/react-dom/cjs/react-dom.js", `callCallback${i}`, 4000 + i, false, false),
  ),
];

export const stacks = {
  platform: "javascript",
  is_newest_first: true,
  exceptions: [
    {
      id: 0,
      parent_id: null,
      relation: "",
      depth: 0,
      type: "TypeError",
      value: "Cannot read properties of undefined (reading 'clientSecret')",
      module: "",
      mechanism: "onunhandledrejection",
      is_handled: false,
      is_group: false,
      thread_id: "",
      frames: STACK,
      omitted: 0,
    },
  ],
  threads: [],
  frames: [],
  has_minified: true,
  text: [
    "TypeError: Cannot read properties of undefined (reading 'clientSecret')",
    ...STACK.map((one) => `    at ${one.function} (${one.filename}:${one.lineno}:${one.colno})`),
  ].join("\n"),
};

const WHY = {
  event_id: "9f3c1e7a5b2d4f60a1c8e7d6b5a49382",
  version: 2,
  rule: "stack_in_app",
  rule_text: "Types of the exceptions and the functions of your own code in their stacks.",
  hash: "5054f0b03f2e8cbe",
  short_id: "WEB-318",
  parts: [
    { text: "type TypeError", is_shared: null },
    { text: "at src/checkout/PaymentForm confirmPayment", is_shared: null },
  ],
  is_recomputed: false,
};

/** What an issue's page asks beside the issue; null for what is not known here. */
export function issuePart(now, part) {
  const at = now - 41 * MIN;
  const parts = {
    facts: {
      releases: [
        {
          release: "web 2026.11.20-3",
          events: 1200,
          ratio: 0.93,
          first_ms: at,
          last_ms: now,
          is_first: false,
          is_last: true,
          is_resolved_in: false,
        },
        {
          release: "web 2026.9.2-1",
          events: 84,
          ratio: 0.07,
          first_ms: now - 78 * DAY,
          last_ms: now - 77 * DAY,
          is_first: true,
          is_last: false,
          is_resolved_in: false,
        },
      ],
      environments: [
        { environment: "production", events: 1284, ratio: 1, first_ms: at, last_ms: now },
      ],
      suspect_deploy: {
        release: "web 2026.11.20-3",
        environment: "production",
        at_ms: at - MIN,
        url: "",
        before_ms: MIN,
        is_of_first_release: false,
      },
      suspect_commits: [
        {
          commit: "a41c9e2b",
          message: "Quote saved cards",
          author_name: "Tomas Ek",
          author_email: "tomas@academy.example",
          committed_ms: at - HOUR,
          files: ["src/checkout/PaymentForm.tsx"],
        },
      ],
      first_event_id: null,
      last_event_id: null,
    },
    comments: {
      comments: [
        {
          id: 1,
          at_ms: at,
          edited_ms: null,
          author: priya.email,
          text: "Rolled back in staging.",
          is_own: false,
        },
      ],
    },
    similar: { issues: [], looked_at: 8 },
    merged: { own_hashes: ["5054f0b03f2e8cbe"], merged: [] },
    why: {
      verdict: "same_hash",
      sentence: `The event is in WEB-318 by this rule: ${WHY.rule_text}`,
      event: WHY,
      other: null,
    },
    events: { events: [], next_cursor: null },
  };
  return parts[part] ?? null;
}

export function event(now, shortId) {
  const at = now - 19_000;
  const crumb = (before, type, category, message, level = "info", data = {}) => ({
    ts_ms: at - before,
    type,
    category,
    level,
    message,
    data,
  });
  return {
    event_id: "9f3c1e7a5b2d4f60a1c8e7d6b5a49382",
    ts_ms: at,
    index: 1,
    total: 1284,
    previous_id: "8a2b1e7a5b2d4f60a1c8e7d6b5a49381",
    next_id: null,
    level: "error",
    title: "TypeError: Cannot read properties of undefined (reading 'clientSecret')",
    message: shortId,
    span_id: "",
    exceptions: [],
    stacks,
    breadcrumbs: [
      crumb(41_200, "navigation", "page", "/classes/48213"),
      crumb(12_800, "ui", "click", "button “Book this class”"),
      crumb(9_100, "navigation", "page", "/checkout"),
      crumb(2_400, "http", "fetch", "GET /api/cards", "info", { status_code: 200, ms: 84 }),
      crumb(900, "ui", "click", "button “Pay € 45.00”"),
      crumb(400, "http", "fetch", "POST /api/quotes/48213", "warning", {
        status_code: 200,
        ms: 310,
      }),
    ],
    request: {
      method: "POST",
      url: "https://academy.example/checkout",
      headers: { "User-Agent": "Safari/26.0", Cookie: "•••" },
      data: { cart: 48213, card: "•••" },
    },
    user: { id: "u_4821", email: "•••", plan: "free" },
    tags: { browser: "Safari 26", country: "Germany", card: "saved" },
    contexts: {
      browser: { name: "Safari", version: "26.0" },
      os: { name: "iOS", version: "26.1" },
    },
    sdk: { name: "sentry.javascript.react", version: "9.12.0" },
    release: "web 2026.11.20-3",
    environment: "production",
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    scrubbed: [
      { path: "request.headers.Cookie", rule: "cookies" },
      { path: "user.email", rule: "email" },
    ],
    raw: { event_id: "9f3c1e7a5b2d4f60a1c8e7d6b5a49382", platform: "javascript", level: "error" },
  };
}

export const alerts = (now) => [
  {
    fingerprint: "a1",
    rule: "PaymentFailureRate",
    state: "firing",
    labels: { alertname: "PaymentFailureRate", service: "payments", severity: "critical" },
    annotations: {
      summary: "Payments fail",
      runbook_url: "https://runbooks.academy.example/payments",
    },
    value: 0.141,
    active_ms: now - 38 * MIN,
    fired_ms: now - 23 * MIN,
    severity: "critical",
  },
  {
    fingerprint: "a2",
    rule: "SlowResponseTime",
    state: "firing",
    labels: { alertname: "SlowResponseTime", service: "api", severity: "warning" },
    annotations: { summary: "api p95 above 3 s" },
    value: 3.41,
    active_ms: now - 22 * MIN,
    fired_ms: now - 12 * MIN,
    severity: "warning",
  },
  {
    fingerprint: "a3",
    rule: "HighDatabaseConnections",
    state: "pending",
    labels: { alertname: "HighDatabaseConnections", instance: "db-1", severity: "warning" },
    annotations: {},
    value: 84,
    active_ms: now - 3 * MIN,
    fired_ms: null,
    severity: "warning",
  },
];

const rule = (name, expr, for_s, state, now, more = {}) => ({
  name,
  type: "alerting",
  expr,
  for_s,
  labels: { severity: "warning" },
  annotations: { summary: name },
  state,
  health: "ok",
  last_error: "",
  last_evaluation_ms: now - 12_000,
  evaluation_ms: 2.4,
  ...more,
});

export const rules = (now) => [
  {
    name: "critical_alerts",
    origin: "ui",
    changed_ms: now - 3 * DAY,
    error: "",
    source:
      "groups:\n  - name: critical_alerts\n    rules:\n      - alert: PaymentFailureRate\n        expr: sum(rate(payments_failed_total[5m])) / sum(rate(payments_total[5m])) > 0.1\n        for: 15m\n",
    groups: [
      {
        name: "critical_alerts",
        interval_s: 15,
        rules: [
          rule(
            "PaymentFailureRate",
            "sum(rate(payments_failed_total[5m])) / sum(rate(payments_total[5m])) > 0.1",
            900,
            "firing",
            now,
          ),
          rule(
            "SlowResponseTime",
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 3",
            600,
            "firing",
            now,
          ),
          rule("HighDatabaseConnections", "pg_stat_activity_count > 80", 300, "pending", now),
          rule("InstanceDown", "up == 0", 60, "inactive", now),
        ],
      },
    ],
  },
  {
    name: "recording.yml",
    origin: "file",
    changed_ms: now - 9 * DAY,
    error: "",
    source:
      "groups:\n  - name: api\n    rules:\n      - record: job:http_requests:rate5m\n        expr: sum by (job) (rate(http_requests_total[5m]))\n",
    groups: [
      {
        name: "api",
        interval_s: 60,
        rules: [
          rule(
            "job:http_requests:rate5m",
            "sum by (job) (rate(http_requests_total[5m]))",
            0,
            null,
            now,
            { type: "recording" },
          ),
        ],
      },
    ],
  },
];

export const alertHistory = (now) => ({
  truncated: false,
  changes: [
    {
      at_ms: now - 23 * MIN,
      rule: "PaymentFailureRate",
      fingerprint: "a1",
      state: "firing",
      labels: { service: "payments" },
      value: 0.228,
    },
    {
      at_ms: now - 38 * MIN,
      rule: "PaymentFailureRate",
      fingerprint: "a1",
      state: "pending",
      labels: { service: "payments" },
      value: 0.112,
    },
    {
      at_ms: now - 5 * HOUR,
      rule: "InstanceDown",
      fingerprint: "b1",
      state: "resolved",
      labels: { instance: "web-2:9100" },
      value: null,
    },
    {
      at_ms: now - 5.2 * HOUR,
      rule: "InstanceDown",
      fingerprint: "b1",
      state: "firing",
      labels: { instance: "web-2:9100" },
      value: 0,
    },
  ],
});

export const deliveries = (now) => [
  {
    id: 9,
    channel: "Incident room",
    kind: "webhook",
    group_key: "{service=payments}",
    status: "firing",
    state: "sent",
    alerts: 1,
    tries: 1,
    attempts: [{ at_ms: now - 23 * MIN + 340, ms: 84, status: 204, detail: "" }],
    next_attempt_ms: null,
    last_error: "",
    created_ms: now - 23 * MIN,
    sent_ms: now - 23 * MIN + 340,
  },
  {
    id: 8,
    channel: "Incident room",
    kind: "webhook",
    group_key: "{instance=web-2}",
    status: "resolved",
    state: "failed",
    alerts: 1,
    tries: 3,
    attempts: [0, 1, 3].map((minutes) => ({
      at_ms: now - 5 * HOUR + minutes * MIN,
      ms: 210,
      status: 502,
      detail: "Bad Gateway",
    })),
    next_attempt_ms: null,
    last_error: "502 from hooks.academy.example",
    created_ms: now - 5 * HOUR,
    sent_ms: null,
  },
];

const METRICS = [
  "up",
  "http_requests_total",
  "http_request_duration_seconds_bucket",
  "node_cpu_seconds_total",
  "node_memory_MemAvailable_bytes",
  "payments_total",
  "payments_failed_total",
  "pg_stat_activity_count",
  "watchkeeper_errors_total",
];

export const metricNames = METRICS;

export function matrix(query, start, end, step) {
  const name = METRICS.find((one) => query.includes(one)) ?? "value";
  const jobs =
    /sum\(|avg\(/.test(query) && !/by/.test(query)
      ? [{}]
      : ["api", "web", "payments", "bookings", "search"].map((job) => ({
          __name__: name,
          job,
          instance: `${job}:9090`,
        }));
  return jobs.map((metric, s) => {
    const next = random(s + 7);
    const values = [];
    for (let at = start, i = 0; at <= end + 1e-9; at += step, i += 1) {
      const noise = next();
      if (s === 4 && i > 60 && i < 90) continue;
      const value =
        name === "up"
          ? s === 4 && i > 90
            ? 0
            : 1
          : (s + 1) * 20 + Math.sin(i / (14 + s * 3)) * 8 + noise * 5;
      values.push([at, String(value)]);
    }
    return { metric, values };
  });
}
