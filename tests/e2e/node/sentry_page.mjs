// A page that is watched by an unmodified @sentry/browser; bundled by esbuild with the SDK's major
// version in place of SENTRY. `window.sent` resolves when everything has been sent.
import * as Sentry from "SENTRY";

const SECRET = "hunter2-planted-secret";
const options = new URLSearchParams(location.search);
const tunnel = options.get("tunnel") ?? undefined;

Sentry.init({
  dsn: options.get("dsn"),
  tunnel,
  release: "shop@1.2.3",
  environment: "production",
  tracesSampleRate: 1,
  replaysSessionSampleRate: 1,
  replaysOnErrorSampleRate: 1,
  enableLogs: true,
  sendDefaultPii: true,
  integrations: [
    Sentry.browserTracingIntegration(),
    Sentry.replayIntegration({ minReplayDuration: 0, flushMinDelay: 200, flushMaxDelay: 400 }),
  ],
});
Sentry.setUser({ id: "42", email: "ada@example.com", ip_address: "203.0.113.9" });

async function send() {
  document.body.append(document.createElement("h1"));
  Sentry.captureException(new TypeError("no price"));
  Sentry.captureMessage("hello");
  Sentry.logger.warn("stock is low", { item: "tea", authorization: SECRET });
  Sentry.metrics?.count("clicks", 1, { attributes: { button: "buy" } });
  Sentry.captureFeedback({ name: "Ada", email: "ada@example.com", message: "The basket is slow." });
  Sentry.startSpan({ name: "add to basket", op: "ui.action", attributes: { api_key: SECRET } }, () => {});
  await Sentry.getReplay()?.flush();
  await new Promise((done) => setTimeout(done, 1500));
  await Sentry.getReplay()?.flush();
  await Sentry.flush(5000);
}

window.sent = send();
