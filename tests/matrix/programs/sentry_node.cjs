// Watched by any @sentry/node from 6 on: `node sentry_node.cjs DSN FOLDER` (FOLDER has node_modules).
// What a version has no API for is left out.
const path = require("node:path");
const http = require("node:http");
const [dsn, folder] = process.argv.slice(2);
const need = (name) => require(path.join(folder, "node_modules", name));
const maybe = (name) => {
  try {
    return need(name);
  } catch {
    return undefined;
  }
};
const Sentry = need("@sentry/node");
const major = Number(need("@sentry/node/package.json").version.split(".")[0]);
const profiling = maybe("@sentry/profiling-node");
if (major === 6) maybe("@sentry/tracing");

const options = {
  dsn,
  release: "shop@1.2.3",
  environment: "production",
  serverName: "web-1",
  dist: "7",
  tracesSampleRate: 1,
  sendDefaultPii: true,
  attachStacktrace: true,
  autoSessionTracking: true,
};
if (major >= 9) options.enableLogs = true;
if (major >= 9) options._experiments = { enableLogs: true, enableMetrics: true };
if (profiling && major < 8) {
  options.profilesSampleRate = 1;
  options.integrations = [new profiling.ProfilingIntegration()];
} else if (profiling) {
  options.profilesSampleRate = 1;
  options.integrations = [profiling.nodeProfilingIntegration()];
} else if (major < 8) {
  options.integrations = [new Sentry.Integrations.Http({ tracing: true })];
}
Sentry.init(options);

Sentry.setUser({ id: "42", username: "mara" });
Sentry.setTag("feature", "checkout");
Sentry.setExtra("order", { id: "A-7", lines: [1, 2] });
Sentry.setContext("basket", { items: 3, nested: { deep: [1] } });
Sentry.addBreadcrumb({ category: "cart", message: "added tea", level: "info", data: { sku: "t-1" } });

class OrderLost extends Error {
  constructor(message, more) {
    super(message, more);
    this.name = "OrderLost";
  }
}
function charge(amount) {
  throw new OrderLost(`no price for “tea” ☕ ${amount}`, { cause: new TypeError("no currency") });
}
function work(ms) {
  const until = Date.now() + ms;
  let sum = 0;
  while (Date.now() < until) for (let n = 0; n < 500; n++) sum += Math.sqrt(n);
  return sum;
}
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function report() {
  try {
    charge(3.5);
  } catch (error) {
    Sentry.captureException(error);
  }
  Sentry.captureMessage("shop opened", "warning");
  Sentry.captureMessage("shop in a mess", "fatal");
  Sentry.captureMessage("a plain log line", "log");
  Sentry.captureException({ code: 7, not: "an error" });
  Sentry.captureException("a string");
  Sentry.captureEvent({ message: "by hand", level: "info", fingerprint: ["{{ default }}", "x"] });
  Sentry.withScope((scope) => {
    if (scope.addAttachment) {
      scope.addAttachment({ filename: "basket.json", data: '{"tea":1}\n', contentType: "application/json" });
      scope.addAttachment({ filename: "basket.bin", data: new Uint8Array([0, 10, 13, 255]) });
    }
    Sentry.captureMessage("with files");
  });
}

async function trace() {
  const server = http.createServer((_request, response) => response.end("ok"));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}/stock/7?page=2`;
  const get = () => new Promise((done) => http.get(url, (response) => response.resume().on("end", done)));
  if (Sentry.startSpan && major >= 8) {
    await Sentry.startSpan({ name: "GET /orders/:id", op: "http.server" }, async () => {
      Sentry.startSpan({ name: "SELECT * FROM orders WHERE id = 7", op: "db" }, () => work(120));
      await get();
      await fetch(url).then((response) => response.text());
    });
  } else {
    const entry = Sentry.startTransaction({ name: "GET /orders/:id", op: "http.server" });
    Sentry.getCurrentHub().configureScope((scope) => scope.setSpan(entry));
    const query = entry.startChild({ op: "db", description: "SELECT * FROM orders WHERE id = 7" });
    work(120);
    query.setStatus("ok");
    query.finish();
    await get();
    entry.setHttpStatus(200);
    entry.finish();
  }
  server.close();
}

function more() {
  if (Sentry.logger?.warn && major >= 9) {
    Sentry.logger.trace("fine");
    Sentry.logger.warn("stock is low", { item: "tea", left: 3, ok: true });
    Sentry.logger.error(Sentry.logger.fmt`payment ${"p-7"} refused`);
  }
  if (Sentry.metrics?.count) {
    Sentry.metrics.count("orders", 2, { attributes: { plan: "pro" } });
    Sentry.metrics.gauge("queue.depth", 7);
    Sentry.metrics.distribution("checkout.time", 120, { unit: "millisecond" });
  }
  if (Sentry.withMonitor) {
    Sentry.withMonitor("nightly", () => {}, { schedule: { type: "crontab", value: "0 3 * * *" } });
  }
  if (Sentry.captureCheckIn) Sentry.captureCheckIn({ monitorSlug: "hourly", status: "error", duration: 3.2 });
  if (Sentry.captureFeedback) Sentry.captureFeedback({ name: "Ada", message: "The basket is slow." });
  if (Sentry.captureUserFeedback) {
    Sentry.captureUserFeedback({ event_id: "a".repeat(32), name: "Ada", email: "", comments: "The basket is slow." });
  }
}

(async () => {
  report();
  await trace();
  more();
  await pause(100);
  Promise.reject(new OrderLost("nobody waited"));
  await pause(100);
  await Sentry.close(10_000);
  process.exit(0);
})();
