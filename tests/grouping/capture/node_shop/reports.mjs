import * as Sentry from "@sentry/node";

export function report(level, text, tags) {
  Sentry.withScope((scope) => {
    scope.setTags(tags);
    Sentry.captureMessage(text, level);
  });
}

const messages = {
  cache_cold: (n) => `cache is cold for ${n} keys`,
  mail_late: (n) => `mail queue is ${n} minutes late`,
  rates_stale: () => "exchange rates are stale",
};

function audit(n, tags) {
  Sentry.captureMessage(`audit found ${n} gaps`, { level: "warning", tags });
  return n;
}

function stock(n, tags) {
  if (tags.fault === "stock_low") {
    Sentry.captureMessage(`stock of sku-${n} is low`, { level: "info", tags });
  } else {
    Sentry.captureMessage(`stock of sku-${n} is negative`, { level: "error", tags });
  }
}

export const told = {
  cache_cold: (n, tags) => report("warning", messages.cache_cold(n), tags),
  mail_late: (n, tags) => report("error", messages.mail_late(n), tags),
  rates_stale: (n, tags) => report("error", messages.rates_stale(n), tags),
  audit_gaps: audit,
  stock_low: stock,
  stock_negative: stock,
};
