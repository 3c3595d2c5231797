// Answers about logs: lines, histogram, facets, completion, patterns, context, counted searches, the tail.
import { random } from "./fixtures.mjs";

const SAID = [
  ["info", "api", "request finished method=GET path=/api/classes/4821 status=200 duration_ms=12"],
  ["info", "web", "session refreshed"],
  ["debug", "search", "query planned in 3 ms, 4 shards"],
  ["warn", "payments", "retrying intent pi_3Q8 after 500 from api.stripe.com, attempt 2"],
  [
    "error",
    "payments",
    "payment failed: card_declined for order 48213\n  at confirm (src/intents.ts:88)\n  at place (src/orders.ts:12)",
  ],
  ["info", "mailer", '{"event":"sent","to":"•••","template":"receipt","ms":84}'],
  ["fatal", "api", "database connection pool exhausted, 84 waiting"],
  ["trace", "search", "cache miss classes:berlin"],
];
const SEVERITIES = ["trace", "debug", "info", "warn", "error", "fatal"];
const MIX = [0, 0, 1, 0, 5, 0, 2, 3, 0, 0, 1, 4, 0, 7, 0, 5, 0, 1, 3, 0];
const hex = (seed, digits) => {
  const next = random(seed);
  return Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");
};

let serial = 0;

function line(i, atMs) {
  const [severity, service, body] = SAID[i % 997 === 31 ? 6 : MIX[i % MIX.length]];
  return {
    id: `l${i}`,
    project_id: 1,
    ts_ms: atMs,
    nanos: 0,
    received_ms: atMs + 400,
    severity,
    severity_number: 9,
    service,
    environment: "production",
    release: `${service} 4.2.0`,
    host: `${service}-${1 + (i % 2)}`,
    source: "json",
    body,
    attributes: {
      "logger.name": `${service}.http`,
      region: i % 3 ? "eu-central-1" : "eu-north-1",
      "user.plan": "gold",
      pid: "4821",
    },
    trace_id: i % 3 === 0 ? hex(i + 7, 32) : "",
    span_id: i % 3 === 0 ? hex(i + 8, 16) : "",
    request_id: `req_${hex(i, 8)}`,
    user_key: "",
    session_id: "",
    pattern: hex(MIX[i % MIX.length] + 400, 16),
  };
}

const wordsOf = (q) =>
  q
    .replace(/-?[\w.]+:\S+/g, "")
    .toLowerCase()
    .match(/[\w./-]+/g) ?? [];

function matching(now, query) {
  const q = query.get("q") ?? "";
  const levels = [...q.matchAll(/(?:^|\s)level:(\w+)/g)].map((hit) => hit[1]);
  const words = wordsOf(q);
  return Array.from({ length: 3_000 }, (_, i) => line(i, now - i * 2_700))
    .filter((one) => levels.length === 0 || levels.includes(one.severity))
    .filter((one) => words.every((word) => one.body.toLowerCase().includes(word)));
}

export function logs(now, query) {
  const q = query.get("q") ?? "";
  if (q.endsWith("("))
    return {
      status: 400,
      body: {
        error: {
          code: "log_search_invalid",
          message: `A bracket is not closed (at character ${q.length})`,
          field: "q",
        },
      },
    };
  const rows = matching(now, query);
  const cursor = Number(query.get("cursor") || 0);
  const limit = Number(query.get("limit") ?? 200);
  return {
    status: 200,
    body: {
      lines: rows.slice(cursor, cursor + limit),
      next_cursor: cursor + limit < rows.length ? String(cursor + limit) : null,
      words: wordsOf(q),
    },
  };
}

export function histogram(query) {
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  const step = Math.max(5_000, Math.ceil((to - from) / 90 / 5_000) * 5_000);
  const times = [];
  for (let at = Math.floor(from / step) * step; at < to; at += step) times.push(at);
  const next = random(17);
  const share = { trace: 0.04, debug: 0.1, info: 0.7, warn: 0.05, error: 0.02, fatal: 0.001 };
  const by = Object.fromEntries(
    SEVERITIES.map((one) => [
      one,
      times.map((_, i) =>
        Math.floor(
          (900 + next() * 260) * share[one] * (one === "error" && i > times.length - 9 ? 6 : 1),
        ),
      ),
    ]),
  );
  const total = Object.values(by)
    .flat()
    .reduce((sum, one) => sum + one, 0);
  return { times_ms: times, step_ms: step, by_severity: by, total, is_exact: true };
}

export function facets(query) {
  const known = {
    service: ["api", "web", "payments", "search", "mailer"],
    environment: ["production", "staging"],
    host: ["api-1", "api-2", "web-1", "payments-1"],
    release: ["api 4.2.0", "web 4.2.0"],
    source: ["json", "otlp"],
    "attr.region": ["eu-central-1", "eu-north-1"],
  };
  return {
    facets: query.getAll("field").map((field) => ({
      field,
      counted: 10_000,
      is_exact: field !== "attr.region",
      values: (known[field] ?? ["gold"]).map((value, i) => ({
        value,
        count: Math.floor(62_000 / (i * 1.7 + 1)),
        ratio: 0.62 / (i * 1.7 + 1),
      })),
    })),
    attributes: ["region", "logger.name", "user.plan", "pid"],
  };
}

export function completion(query) {
  const q = query.get("q") ?? "";
  const position = Number(query.get("position") ?? q.length);
  const start = q.lastIndexOf(" ", position - 1) + 1;
  const word = q.slice(start, position);
  const options = ["level:", "service:", "host:", "trace:", "request:", "attr.region:"]
    .filter((one) => one.startsWith(word) && one !== word)
    .map((one) => ({ label: one, insert: one, kind: "field", detail: "field", count: null }));
  return { start, end: position, options };
}

export function patterns(now) {
  const row = (i) => {
    const [severity, service, body] = SAID[i];
    const next = random(i + 70);
    return {
      ids: [hex(i + 400, 16)],
      template: body.split("\n")[0].replace(/\d+/g, "<*>"),
      lines: Math.floor(84_000 / (i + 1) ** 2),
      share: 0.62 / (i + 1) ** 2,
      severity,
      by_severity: {},
      services: [service],
      spark: Array.from({ length: 24 }, () => Math.floor(next() * 90)),
      first_ms: now - 6e7,
      last_ms: now - i * 40_000,
      is_new: i === 6,
      example: line(i, now),
      search: `pattern:${hex(i + 400, 16)}`,
    };
  };
  return {
    patterns: SAID.map((_, i) => row(i)),
    total: 140_000,
    counted: 140_000,
    patterns_total: SAID.length,
    since_ms: now - 86_400_000,
  };
}

export function context(id, now, size) {
  const at = Number(id.slice(1));
  const of = (i) => line(Math.max(0, i), now - i * 2_700);
  return {
    before: Array.from({ length: size }, (_, k) => of(at + size - k)),
    line: of(at),
    after: Array.from({ length: Math.min(size, at) }, (_, k) => of(at - 1 - k)),
    by: { service: "api" },
  };
}

const saved = [
  {
    id: 1,
    name: "declined-cards",
    q: "service:payments card_declined",
    metric: 'watchkeeper_log_matches_total{query="declined-cards"}',
    matches: 312,
    counted_ms: 0,
    created_ms: 0,
    created_by: "mara@example.com",
    error: "",
  },
];
export const queries = () => ({ queries: saved, most: 50 });
export function addQuery({ name, q }) {
  const made = {
    ...saved[0],
    id: Date.now(),
    name,
    q,
    metric: `watchkeeper_log_matches_total{query="${name}"}`,
    matches: 0,
  };
  saved.push(made);
  return made;
}
export function dropQuery(id) {
  saved.splice(
    saved.findIndex((one) => one.id === id),
    1,
  );
  return { ok: true };
}

/** A few lines each half second. */
export function tail(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const send = () => {
    const lines = Array.from({ length: 3 }, () => {
      serial += 1;
      return { ...line(serial, Date.now()), id: `t${serial}` };
    });
    response.write(`event: lines\ndata: ${JSON.stringify({ lines, skipped: 0, rate: 6 })}\n\n`);
  };
  send();
  const timer = setInterval(send, 500);
  response.on("close", () => clearInterval(timer));
}
