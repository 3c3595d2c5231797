// Watched by any @sentry/browser from 6 on, bundled with it in place of SENTRY, TRACING and REPLAY.
// `window.sent` resolves when everything has been sent.
import * as Sentry from "SENTRY";
import * as Tracing from "TRACING";
import * as Replay from "REPLAY";

const asked = new URLSearchParams(location.search);
const major = Number(asked.get("major"));
const integrations = [];
if (major < 7) integrations.push(new Tracing.Integrations.BrowserTracing({ idleTimeout: 300, startTransactionOnLocationChange: false }));
else if (major < 8) {
  integrations.push(new Sentry.BrowserTracing({ idleTimeout: 300 }));
  integrations.push(new Replay.Replay({ minReplayDuration: 0, flushMinDelay: 200, flushMaxDelay: 400 }));
} else {
  integrations.push(Sentry.browserTracingIntegration({ idleTimeout: 300 }));
  integrations.push(Sentry.replayIntegration({ minReplayDuration: 0, flushMinDelay: 200, flushMaxDelay: 400 }));
  integrations.push(Sentry.browserProfilingIntegration());
}
Sentry.init({
  dsn: asked.get("dsn"),
  tunnel: asked.get("tunnel") ?? undefined,
  release: "shop@1.2.3",
  environment: "production",
  dist: "7",
  tracesSampleRate: 1,
  profilesSampleRate: 1,
  replaysSessionSampleRate: 1,
  replaysOnErrorSampleRate: 1,
  autoSessionTracking: true,
  enableLogs: true,
  _experiments: { enableLogs: true, enableMetrics: true },
  sendDefaultPii: true,
  sendClientReports: true,
  beforeSend: (event) => (event.message === "nobody sees this" ? null : event),
  integrations: (defaults) => [...defaults, ...integrations],
});
Sentry.setUser({ id: "42", username: "mara" });
Sentry.setTag("feature", "checkout");
Sentry.addBreadcrumb({ category: "cart", message: "added tea", level: "info" });

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
class OrderLost extends Error {
  name = "OrderLost";
}
function charge() {
  throw new OrderLost("no price for “tea” ☕");
}

async function send() {
  document.body.append(document.createElement("h1"));
  try {
    charge();
  } catch (error) {
    Sentry.captureException(error);
  }
  Sentry.captureMessage("shop opened", "warning");
  Sentry.captureMessage("a plain log line", "log");
  Sentry.captureMessage("nobody sees this");
  Sentry.captureException({ code: 7 });
  setTimeout(() => charge(), 0);
  Promise.reject(new OrderLost("nobody waited"));
  Promise.reject({ reason: "an object" });
  console.error("from the console");
  await fetch("/index.html").then((response) => response.text());
  const xhr = new XMLHttpRequest();
  xhr.open("GET", "/missing.json");
  xhr.send();
  await pause(200);
  if (Sentry.startSpan) Sentry.startSpan({ name: "add to basket", op: "ui.action" }, () => {});
  Sentry.logger?.warn?.("stock is low", { item: "tea" });
  Sentry.metrics?.count?.("clicks", 1, { attributes: { button: "buy" } });
  Sentry.captureFeedback?.({ name: "Ada", message: "The basket is slow." });
  Sentry.captureUserFeedback?.({ event_id: Sentry.lastEventId(), name: "Ada", email: "", comments: "Slow." });
  await pause(1500);
  await Sentry.getReplay?.()?.flush();
  await pause(300);
  await Sentry.flush(5000);
}
window.sent = send();
