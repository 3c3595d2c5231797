// The metrics service of a product, as people write it with hot-shots.
import StatsD from "hot-shots";

const [host, port] = process.argv.slice(2);
const client = new StatsD({
  host,
  port: Number(port),
  prefix: "sigma_playground.",
  errorHandler: (error) => {
    console.error("StatsD error:", error);
    process.exitCode = 1;
  },
});

for (let view = 0; view < 3; view++) {
  client.increment("workbook.views", 1, { workbook_id: "w1", user_id: "u7" });
}
client.timing("workbook.load_time", 320, { workbook_id: "w1" });
client.gauge("workbook.error_rate", 1, { workbook_id: "w1" });
client.increment("user.logins", 1, { user_id: "u7", method: "email" });
client.increment("api.calls", 1, { endpoint: "/api/workbooks/:id", method: "GET", status_code: "200" });
client.timing("database.query_time", 12.5, { query: "SELECT * FROM workbooks WHERE id = ".substring(0, 50) });
client.gauge("queue.delta", 10);
client.gaugeDelta("queue.delta", -3);
client.set("users.unique", "u7");
client.histogram("sizes", 42);
client.distribution("spread", 7);
client.increment("sampled", 5, 1);
client.timing("health.response_time", 4, { service: "db" });
client.event("deployed", "version 1.2", { alert_type: "success" }, { env: "prod" });
client.check("db.up", client.CHECKS.WARNING, { message: "slow", hostname: "db-1" }, { env: "prod" });
client.close((error) => {
  if (error) {
    console.error(error);
    process.exitCode = 1;
  }
});
