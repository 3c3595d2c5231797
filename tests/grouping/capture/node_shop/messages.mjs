// Messages, each a fault of its own: from lines of one function, through a helper, at module level.
import * as Sentry from "@sentry/node";

const [dsn, release, seed] = process.argv.slice(2);
Sentry.init({ dsn, release, environment: "production", maxBreadcrumbs: 0, attachStacktrace: true });
const { report, told } = await import("./reports.mjs");

let n = Number(seed);
async function checkout() {
  for (const name of Object.keys(told)) told[name]((n += 1), { fault: name, caller: "a" });
}

async function nightly() {
  for (const name of Object.keys(told)) told[name]((n += 1), { fault: name, caller: "b" });
}

await checkout();
await nightly();
for (const caller of ["a", "b"]) {
  n += 1;
  report("warning", `certificate expires in ${n} days`, { fault: "certificate_ends", caller });
}
await Sentry.flush(20000);
