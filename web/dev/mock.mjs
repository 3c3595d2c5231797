// A development server: answers the JSON API from fixtures, streams live events and, once the UI is
// built, serves it as the real server does, under the same content security policy.
//   npm run mock            http://127.0.0.1:8099
//   MOCK=signed-out|first-run|failing npm run mock
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import * as fixtures from "./fixtures.mjs";
import * as logs from "./logs.mjs";
import * as metrics from "./metrics.mjs";
import * as traces from "./traces.mjs";

const PORT = Number(process.env.PORT ?? 8099);
const NONCE = "dev-nonce";
const MODE = process.env.MOCK ?? "";
const DIST = new URL("../dist/", import.meta.url).pathname;
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-dev-nonce'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".html": "text/html; charset=utf-8",
  ".json": "application/json",
};

let user = MODE === "signed-out" || MODE === "first-run" ? null : fixtures.mara;
let firstRun = MODE === "first-run";
const changes = {};
let tokens = fixtures.tokens(Date.now());
let channels = fixtures.channels(Date.now());
const keys = fixtures.keys(Date.now());
let sawFirst = false;

const now = () => Date.now();
const ok = (body, status = 200) => ({ status, body });
const bad = (status, code, message, field) => ({
  status,
  body: { error: { code, message, ...(field ? { field } : {}) } },
});
const session = () => ({ ...fixtures.session(user), first_run: firstRun });

const routes = [
  ["GET", /^\/api\/wk\/session$/, () => ok(session())],
  [
    "POST",
    /^\/api\/wk\/session$/,
    (_m, _q, body) => {
      if (body.password === "wrong")
        return bad(401, "bad_credentials", "Email and password do not match.");
      user = fixtures.mara;
      return ok(session());
    },
  ],
  [
    "DELETE",
    /^\/api\/wk\/session$/,
    () => {
      user = null;
      return ok({ ok: true });
    },
  ],
  ["GET", /^\/api\/wk\/first-run$/, (_m, q) => ok({ valid: q.get("token") === "dev" })],
  [
    "POST",
    /^\/api\/wk\/first-run$/,
    (_m, _q, body) => {
      if (body.password.length < 10)
        return bad(400, "weak_password", "Use at least 10 characters.", "password");
      user = { ...fixtures.mara, name: body.name, email: body.email };
      firstRun = false;
      return ok(session());
    },
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/home$/,
    ([id], q) => ok(fixtures.home(Number(id), Number(q.get("from")), Number(q.get("to")), changes)),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/setup$/,
    ([id]) =>
      ok(
        sawFirst
          ? { ...fixtures.setup(2, now()), addresses: fixtures.setup(Number(id), now()).addresses }
          : fixtures.setup(Number(id), now()),
      ),
  ],
  [
    "POST",
    /^\/api\/wk\/projects\/(\d+)\/test-error$/,
    () => {
      sawFirst = true;
      publish("setup");
      publish("issues");
      return ok({ event_id: "9f3c1e7a5b2d4f60a1c8e7d6b5a49382" });
    },
  ],
  [
    "PATCH",
    /^\/api\/wk\/projects\/(\d+)$/,
    ([id], _q, body) =>
      ok(
        Object.assign(
          fixtures.projects.find((one) => one.id === Number(id)),
          body,
        ),
      ),
  ],
  [
    "POST",
    /^\/api\/wk\/orgs\/[^/]+\/projects$/,
    (_m, _q, body) => {
      const made = {
        id: fixtures.projects.length + 1,
        slug: body.name.toLowerCase().replace(/\W+/g, "-"),
        name: body.name,
        environments: [],
        timezone: body.timezone,
        built_in: false,
      };
      fixtures.projects.push(made);
      return ok(made);
    },
  ],
  ["GET", /^\/api\/wk\/projects\/(\d+)\/keys$/, () => ok({ keys: keys })],
  [
    "POST",
    /^\/api\/wk\/projects\/(\d+)\/keys$/,
    (_m, _q, body) => {
      const made = {
        id: now(),
        kind: body.kind,
        key: hex(),
        label: body.label ?? "",
        enabled: true,
        allowed_origins: [],
        created_ms: now(),
        last_used_ms: null,
      };
      keys.push(made);
      return ok(made);
    },
  ],
  [
    "PATCH",
    /^\/api\/wk\/projects\/(\d+)\/keys\/(\d+)$/,
    ([, id], _q, body) =>
      ok(
        Object.assign(
          keys.find((one) => one.id === Number(id)),
          body,
        ),
      ),
  ],
  [
    "POST",
    /^\/api\/wk\/projects\/(\d+)\/keys\/(\d+)\/rotate$/,
    ([, id]) =>
      ok(
        Object.assign(
          keys.find((one) => one.id === Number(id)),
          { key: hex(), last_used_ms: null },
        ),
      ),
  ],
  ["GET", /^\/api\/wk\/orgs\/[^/]+\/tokens$/, () => ok({ tokens: tokens })],
  [
    "POST",
    /^\/api\/wk\/orgs\/[^/]+\/tokens$/,
    (_m, _q, body) => {
      const made = {
        id: now(),
        prefix: "wkt_n3w1",
        role: "viewer",
        project_id: null,
        expires_ms: null,
        created_ms: now(),
        last_used_ms: null,
        ...body,
      };
      tokens.push(made);
      return ok({ ...made, token: `wkt_${hex()}${hex().slice(0, 8)}` });
    },
  ],
  [
    "DELETE",
    /^\/api\/wk\/orgs\/[^/]+\/tokens\/(\d+)$/,
    ([id]) => {
      tokens = tokens.filter((one) => one.id !== Number(id));
      return ok({ ok: true });
    },
  ],
  ["GET", /^\/api\/wk\/orgs\/[^/]+\/members$/, () => ok({ members: fixtures.members(now()) })],
  [
    "POST",
    /^\/api\/wk\/orgs\/[^/]+\/members$/,
    (_m, _q, body) => ok({ user_id: 9, role: "viewer", created_ms: now(), ...body }),
  ],
  [
    "PATCH",
    /^\/api\/wk\/orgs\/[^/]+\/members\/(\d+)$/,
    ([id], _q, body) =>
      ok({ ...fixtures.members(now()).find((one) => one.user_id === Number(id)), ...body }),
  ],
  ["DELETE", /^\/api\/wk\/orgs\/[^/]+\/members\/(\d+)$/, () => ok({ ok: true })],
  [
    "GET",
    /^\/api\/wk\/orgs\/[^/]+\/audit$/,
    () => ok({ entries: fixtures.audit(now()), next_cursor: null }),
  ],
  ["GET", /^\/api\/wk\/orgs\/[^/]+\/data-health$/, () => ok(fixtures.dataHealth(now()))],
  ["GET", /^\/api\/wk\/projects\/(\d+)\/channels$/, () => ok({ channels: channels })],
  [
    "POST",
    /^\/api\/wk\/projects\/(\d+)\/channels$/,
    (_m, _q, body) => {
      const made = { id: now(), enabled: true, created_ms: now(), ...body };
      channels.push(made);
      return ok(made);
    },
  ],
  [
    "PATCH",
    /^\/api\/wk\/projects\/(\d+)\/channels\/(\d+)$/,
    ([, id], _q, body) =>
      ok(
        Object.assign(
          channels.find((one) => one.id === Number(id)),
          body,
        ),
      ),
  ],
  [
    "DELETE",
    /^\/api\/wk\/projects\/(\d+)\/channels\/(\d+)$/,
    ([, id]) => {
      channels = channels.filter((one) => one.id !== Number(id));
      return ok({ ok: true });
    },
  ],
  [
    "POST",
    /^\/api\/wk\/projects\/(\d+)\/channels\/(\d+)\/test$/,
    () => ok({ ok: true, status: 204, ms: 84, detail: "204 No Content" }),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/targets$/,
    ([id]) => ok({ targets: id === "3" ? [] : fixtures.targetStates(now()) }),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/scrape-config$/,
    ([id]) => ok(id === "3" ? { source: "", problems: [] } : fixtures.scrapeConfig()),
  ],
  [
    "PUT",
    /^\/api\/wk\/projects\/(\d+)\/scrape-config$/,
    (_m, _q, body) =>
      body.source.includes("job_nam:")
        ? bad(400, "bad_config", "line 4: unknown field job_nam in scrape_configs", "source")
        : ok({ source: body.source, problems: [] }),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/issues$/,
    ([id], q) =>
      ok(
        id === "2"
          ? fixtures.issuePage(now(), q, changes)
          : {
              issues: [],
              next_cursor: null,
              total: 0,
              hints: [],
              stats: { times_ms: [], by_severity: { low: [], medium: [], high: [], critical: [] } },
            },
      ),
  ],
  [
    "POST",
    /^\/api\/wk\/projects\/(\d+)\/issues\/bulk$/,
    (_m, _q, { short_ids = [], resolve, ignore, ...change }) => {
      const status = resolve ? { status: "resolved" } : ignore ? { status: "ignored" } : {};
      for (const id of short_ids) changes[id] = { ...changes[id], ...change, ...status };
      publish("issues");
      return ok({ changed: short_ids.length, remaining: 0, undo: null });
    },
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/issues\/([^/]+)$/,
    ([, shortId], q) => {
      const found = fixtures.issueDetail(now(), shortId, q, changes);
      return found ? ok(found) : bad(404, "not_found", `No issue ${shortId} in this project.`);
    },
  ],
  [
    "PATCH",
    /^\/api\/wk\/projects\/(\d+)\/issues\/([^/]+)$/,
    ([, shortId], _q, body) => {
      changes[shortId] = { ...changes[shortId], ...body };
      publish("issues");
      return ok(fixtures.issues(now(), changes).find((one) => one.short_id === shortId));
    },
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/issues\/([^/]+)\/(facts|comments|similar|merged|why|events)$/,
    ([, , part]) => ok(fixtures.issuePart(now(), part)),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/issues\/([^/]+)\/events\/([^/]+)\/suspects$/,
    () => ok({ release: "web 2026.11.20-3", suspects: [] }),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/issue-searches$/,
    () => ok({ searches: [], default_id: null }),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/issue-search\/complete$/,
    (_m, q) =>
      ok({
        start: 0,
        end: Number(q.get("at") ?? 0),
        suggestions: [
          { text: "is:", label: "is", about: "state of the issue", kind: "key", count: null },
        ],
      }),
  ],
  ["GET", /^\/api\/wk\/projects\/(\d+)\/deploys$/, () => ok({ deploys: [] })],
  ["GET", /^\/api\/wk\/projects\/(\d+)\/severity-rules$/, () => ok({ rules: [] })],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/issues\/([^/]+)\/events\/([^/]+)$/,
    ([, shortId]) => ok(fixtures.event(now(), shortId)),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/alerts$/,
    ([id]) => ok({ alerts: id === "2" ? fixtures.alerts(now()) : [] }),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/rules$/,
    ([id]) => ok({ files: id === "2" ? fixtures.rules(now()) : [], problems: [] }),
  ],
  [
    "POST",
    /^\/api\/wk\/projects\/(\d+)\/rules\/check$/,
    (_m, _q, body) =>
      ok(
        body.source.includes("exp:")
          ? {
              ok: false,
              problems: [{ line: 5, message: "unknown field exp" }],
              groups: 0,
              rules: 0,
            }
          : { ok: true, problems: [], groups: 1, rules: 1 },
      ),
  ],
  [
    "PUT",
    /^\/api\/wk\/projects\/(\d+)\/rules\/([^/]+)$/,
    ([, file], _q, body) => ok({ name: file, origin: "ui", source: body.source, groups: [] }),
  ],
  ["DELETE", /^\/api\/wk\/projects\/(\d+)\/rules\/([^/]+)$/, () => ok({ ok: true })],
  ["GET", /^\/api\/wk\/projects\/(\d+)\/alert-history$/, () => ok(fixtures.alertHistory(now()))],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/deliveries$/,
    () => ok({ deliveries: fixtures.deliveries(now()) }),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/metrics$/,
    ([id], q) =>
      ok(
        id === "3"
          ? { metrics: [], total: 0, of: 0, series: 0, next_cursor: null, fresh_ms: 600_000 }
          : metrics.metrics(now(), q),
      ),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/\d+\/metrics\/(.+)$/,
    ([name]) => {
      const found = metrics.metric(now(), decodeURIComponent(name));
      return found ? ok(found) : bad(404, "not_found", `No sample of ${name} arrived.`);
    },
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/cardinality$/,
    ([id]) =>
      ok(
        id === "3"
          ? { ...metrics.cardinality(), active_series: 0, metrics: [], labels: [] }
          : metrics.cardinality(),
      ),
  ],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/target-pools$/,
    ([id]) =>
      ok(
        id === "3"
          ? { pools: [], dropped: [], dropped_total: 0, problems: [] }
          : metrics.pools(now()),
      ),
  ],
  ["POST", /^\/api\/wk\/projects\/\d+\/scrape-config\/reload$/, () => ok(fixtures.scrapeConfig())],
  ["GET", /^\/api\/wk\/projects\/\d+\/forecast$/, (_m, q) => ok(metrics.forecasts(now(), q))],
  [
    "GET",
    /^\/api\/wk\/projects\/(\d+)\/forecast\/hosts$/,
    ([id]) => ok(id === "3" ? { hosts: [] } : metrics.hostForecasts(now())),
  ],
  ["POST", /^\/api\/wk\/projects\/\d+\/rules\/preview$/, () => ok({ rules: [] })],
  ["GET", /^\/p\/\d+\/api\/v1\/query_exemplars$/, (_m, q) => prometheus([], q)],
  [
    "GET",
    /^\/p\/\d+\/api\/v1\/query_range$/,
    (_m, q) =>
      prometheus(
        {
          resultType: "matrix",
          result: fixtures.matrix(
            q.get("query"),
            Number(q.get("start")),
            Number(q.get("end")),
            Number(q.get("step")),
          ),
        },
        q,
      ),
  ],
  [
    "GET",
    /^\/p\/\d+\/api\/v1\/query$/,
    (_m, q) => {
      const at = now() / 1000;
      const result = fixtures
        .matrix(q.get("query"), at, at, 15)
        .map(({ metric, values }) => ({ metric, value: values[0] }));
      return prometheus({ resultType: "vector", result }, q);
    },
  ],
  [
    "GET",
    /^\/p\/\d+\/api\/v1\/label\/__name__\/values$/,
    (_m, q) => prometheus(fixtures.metricNames, q),
  ],
  [
    "GET",
    /^\/p\/\d+\/api\/v1\/label\/[^/]+\/values$/,
    (_m, q) => prometheus(["api", "web", "payments", "bookings", "search"], q),
  ],
  ["GET", /^\/p\/\d+\/api\/v1\/labels$/, (_m, q) => prometheus(["__name__", "instance", "job"], q)],
  [
    "GET",
    /^\/p\/\d+\/api\/v1\/metadata$/,
    (_m, q) =>
      prometheus(
        Object.fromEntries(
          fixtures.metricNames.map((name) => [
            name,
            [
              {
                type: name.endsWith("_total") ? "counter" : "gauge",
                help: `Help of ${name}`,
                unit: "",
              },
            ],
          ]),
        ),
        q,
      ),
  ],
  ...signals(),
];

function prometheus(data, query) {
  if ((query.get("query") ?? "").trim().endsWith("(")) {
    return {
      status: 400,
      body: {
        status: "error",
        errorType: "bad_data",
        error: "1:5: parse error: unclosed left parenthesis",
      },
    };
  }
  return ok({ status: "success", data });
}

/** Traces, logs and what is made of them. An empty project (2) has none. */
function signals() {
  const at = (path) => new RegExp(`^/api/wk/projects/(\\d+)${path}$`);
  const get = (path, answer) => ["GET", at(path), ([, ...rest], q) => ok(answer(q, ...rest))];
  return [
    ["GET", at("/traces"), (_m, q) => traces.traces(now(), q)],
    get("/traces/overview", (q) => traces.overview(now(), q)),
    get("/traces/fields", () => traces.fields()),
    get("/traces/values", (q) => traces.values(q)),
    get("/traces/([0-9a-f]+)", (_q, id) => traces.trace(id, now())),
    get("/traces/([0-9a-f]+)/spans/([0-9a-f]+)", (_q, id, span) => traces.span(id, span, now())),
    get("/performance/endpoints", (q) => traces.endpoints(q)),
    get("/performance/statements", (q) => traces.statements(q)),
    get("/performance/problems", (q) => traces.problems(q, now())),
    get("/performance/slow-queries", (q) => traces.slowQueries(q, now())),
    get("/performance/dependencies", (q) => traces.dependencies(q)),
    get("/performance/map", (q) => traces.map(q)),
    get("/profiles", () => traces.profiles(now())),
    get("/profiles/[0-9a-z]+", () => traces.flame(now())),
    ["GET", at("/logs"), (_m, q) => logs.logs(now(), q)],
    get("/logs/histogram", (q) => logs.histogram(q)),
    get("/logs/facets", (q) => logs.facets(q)),
    get("/logs/completion", (q) => logs.completion(q)),
    get("/logs/patterns", () => logs.patterns(now())),
    get("/logs/lines/(l\\d+)/context", (q, id) => logs.context(id, now(), Number(q.get("before")))),
    get("/logs/queries", () => logs.queries()),
    ["POST", at("/logs/queries"), (_m, _q, body) => ok(logs.addQuery(body))],
    ["DELETE", at("/logs/queries/(\\d+)"), ([, id]) => ok(logs.dropQuery(Number(id)))],
  ];
}

const hex = () =>
  Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join("");

const streams = new Set();
const publish = (topic) => {
  for (const stream of streams) stream.write(`event: ${topic}\ndata: {}\n\n`);
};
setInterval(() => publish("samples"), 5_000).unref();
setInterval(() => {
  for (const stream of streams) stream.write(": ping\n\n");
}, 15_000).unref();

function live(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": hello\n\n");
  streams.add(response);
  response.on("close", () => streams.delete(response));
}

async function answer(request, response, url) {
  const text = await new Promise((resolve) => {
    let all = "";
    request.on("data", (part) => {
      all += part;
    });
    request.on("end", () => resolve(all));
  });
  const body = text && request.headers["content-type"]?.includes("json") ? JSON.parse(text) : {};
  const reply = reached(request, url, body);
  response.writeHead(reply.status, {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Request-Id": `req_${hex().slice(0, 10)}`,
  });
  response.end(JSON.stringify(reply.body));
}

function reached(request, url, body) {
  if (MODE === "failing" && !url.pathname.endsWith("/session"))
    return bad(503, "engine_down", "The engine is restarting.");
  if (request.method !== "GET" && user && request.headers["x-csrf-token"] !== "dev-csrf")
    return bad(403, "csrf", "The CSRF token is missing or old.");
  for (const [method, pattern, handle] of routes) {
    const hit = method === request.method ? pattern.exec(url.pathname) : null;
    if (hit) return handle(hit.slice(1), url.searchParams, body);
  }
  return bad(404, "not_found", `Nothing answers ${request.method} ${url.pathname}.`);
}

function file(response, path) {
  const name = normalize(path).replace(/^(\.\.[/\\])+/, "");
  const found = path.startsWith("/assets/")
    ? join(DIST, name.slice("/assets/".length))
    : join(DIST, "index.html");
  if (!existsSync(found)) {
    response.writeHead(404).end("Build the UI first: npm run build");
    return;
  }
  const isPage = found.endsWith("index.html");
  response.writeHead(200, {
    "Content-Type": TYPES[extname(found)] ?? "application/octet-stream",
    "Cache-Control": isPage ? "no-store" : "public, max-age=31536000, immutable",
    ...(isPage ? { "Content-Security-Policy": CSP } : {}),
  });
  if (isPage) response.end(withNonce(readFileSync(found, "utf8")));
  else createReadStream(found).pipe(response);
}

/** As the real server does, though with the same nonce each time. */
const withNonce = (html) =>
  html.replace(
    "</head>",
    `<meta property="csp-nonce" nonce="${NONCE}" content="${NONCE}" /></head>`,
  );

createServer((request, response) => {
  const url = new URL(request.url, `http://127.0.0.1:${PORT}`);
  if (url.pathname.endsWith("/live")) live(response);
  else if (url.pathname.endsWith("/logs/tail")) logs.tail(response);
  else if (/^\/(api|p)\//.test(url.pathname)) void answer(request, response, url);
  else file(response, url.pathname);
}).listen(PORT, "127.0.0.1", () => console.log(`mock server: http://127.0.0.1:${PORT} ${MODE}`));
