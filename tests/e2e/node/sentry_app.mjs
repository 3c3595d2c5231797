// A Node program that is watched by an unmodified @sentry/node: `node sentry_app.mjs DSN MAJOR`.
// Sends everything that SDK has; the secrets in it must not be stored.
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const [dsn, major] = process.argv.slice(2);
const Sentry = await import(`sentry-node-${major}`);
const SECRET = "hunter2-planted-secret";
const QUERY = {
  name: "SELECT * FROM orders WHERE id = 123456",
  op: "db",
  attributes: { "db.system": "mysql", api_key: SECRET },
};

Sentry.init({
  dsn,
  release: "shop@1.2.3",
  environment: "production",
  serverName: "web-1",
  tracesSampleRate: 1,
  enableLogs: true,
  sendDefaultPii: true,
});
Sentry.setUser({ id: "42", email: "ada@example.com", ip_address: "203.0.113.9" });
Sentry.setTag("feature", "checkout");
Sentry.addBreadcrumb({ category: "cart", message: "added tea", data: { password: SECRET } });

Sentry.startSpan({ name: "GET /orders/:id", op: "http.server" }, () => {
  Sentry.startSpan(
    QUERY,
    () => {},
  );
  Sentry.withScope((scope) => {
    scope.addAttachment({ filename: "basket.json", data: `{"token":"${SECRET}"}`, contentType: "application/json" });
    Sentry.captureException(new TypeError("no price"));
  });
});
Sentry.captureMessage("hello");
Sentry.logger.warn("stock is low", { item: "tea", authorization: SECRET });
Sentry.logger.error(Sentry.logger.fmt`payment ${"p-7"} refused`);
Sentry.metrics?.count("orders", 2, { attributes: { plan: "pro" } });
Sentry.metrics?.gauge("queue.depth", 7);
Sentry.metrics?.distribution("checkout.time", 120, { unit: "millisecond" });
Sentry.withMonitor("nightly", () => {}, { schedule: { type: "crontab", value: "0 3 * * *" }, timezone: "UTC" });
Sentry.captureFeedback({ name: "Ada", email: "ada@example.com", message: "The basket is slow.", url: "https://shop.example.com/cart" });
Sentry.startSession();
Sentry.endSession();

const server = http.createServer((_request, response) => response.end("ok"));
await new Promise((done) => server.listen(0, "127.0.0.1", done));
await fetch(`http://127.0.0.1:${server.address().port}/orders/7?token=${SECRET}`).then((r) => r.text());
await pause(50);
server.close();
await Sentry.close(10_000);
