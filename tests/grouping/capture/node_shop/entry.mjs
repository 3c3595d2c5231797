import * as Sentry from "@sentry/node";

const [dsn, release, seed] = process.argv.slice(2);
Sentry.init({ dsn, release, environment: "production", maxBreadcrumbs: 0 });
const { faults } = await import("./faults.mjs");

async function checkout(name, n) {
  return await faults[name](n);
}

async function nightly(name, n) {
  return await faults[name](n);
}

const callers = { a: checkout, b: nightly };
let n = Number(seed);
for (const name of Object.keys(faults)) {
  for (const caller of ["a", "b"]) {
    n += 1;
    try {
      await callers[caller](name, n);
    } catch (error) {
      Sentry.captureException(error, { tags: { fault: name, caller, n: String(n) } });
    }
  }
}
await Sentry.flush(20000);
