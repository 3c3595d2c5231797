// A small product measured with prom-client, as people write it.
import { createServer } from "node:http";
import client from "prom-client";

const register = new client.Registry();
client.collectDefaultMetrics({ register });
const executions = new client.Counter({
  name: "python_code_executions_total",
  help: "Total number of code executions",
  labelNames: ["compiler", "success"],
  registers: [register],
});
const activeUsers = new client.Gauge({
  name: "python_active_users",
  help: "Number of currently active users",
  registers: [register],
});
const responseTime = new client.Histogram({
  name: "python_api_response_time_seconds",
  help: "API response time",
  labelNames: ["endpoint", "method"],
  buckets: [0.1, 0.5, 1, 2, 5, 10],
  registers: [register],
});

activeUsers.set(42);
setInterval(() => {
  executions.inc({ compiler: "pyodide", success: "true" });
  responseTime.observe({ endpoint: "/api/lessons/*", method: "GET" }, 0.3);
}, 100);

const server = createServer(async (request, response) => {
  if (request.url !== "/metrics") {
    response.writeHead(404).end();
    return;
  }
  response.setHeader("Content-Type", register.contentType);
  response.end(await register.metrics());
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(server.address().port);
});
