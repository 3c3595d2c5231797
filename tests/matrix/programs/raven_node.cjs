// Watched by raven 2 for Node: `node raven_node.cjs DSN FOLDER`.
const path = require("node:path");
const [dsn, folder] = process.argv.slice(2);
const Raven = require(path.join(folder, "node_modules", "raven"));

Raven.config(dsn, { release: "1.2.3", environment: "production", name: "web-1", tags: { feature: "checkout" } });
Raven.setContext({ user: { id: "42", username: "mara" }, extra: { order: { id: "A-7" } } });
Raven.captureBreadcrumb({ category: "cart", message: "added tea", level: "info" });
function charge() {
  throw new TypeError("no price for “tea” ☕");
}
try {
  charge();
} catch (error) {
  Raven.captureException(error, () => Raven.captureMessage("shop opened", { level: "warning" }, () => process.exit(0)));
}
