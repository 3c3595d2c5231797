// Watched by any OpenTelemetry SDK of JavaScript with otlp exporters: `node otlp_node.cjs URL GRPC KEY SERVICE WAY FOLDER`.
const path = require("node:path");
const [url, grpc, key, service, way, folder] = process.argv.slice(2);
const need = (name) => require(path.join(folder, "node_modules", "@opentelemetry", name));

const api = need("api");
const { SeverityNumber } = need("api-logs");
const { BasicTracerProvider, BatchSpanProcessor } = need("sdk-trace-base");
const { LoggerProvider, BatchLogRecordProcessor } = need("sdk-logs");
const { MeterProvider, PeriodicExportingMetricReader } = need("sdk-metrics");
const resources = need("resources");

const kind = way === "json" ? "http" : "proto";
const compression = way === "gzip" ? "gzip" : "none";
const options = (signal) => ({ url: `${url}/v1/${signal}`, headers: { authorization: `Bearer ${key}` }, compression });
const { OTLPTraceExporter } = need(way === "grpc" ? "exporter-trace-otlp-grpc" : `exporter-trace-otlp-${kind}`);
const { OTLPLogExporter } = need(`exporter-logs-otlp-${kind}`);
const { OTLPMetricExporter } = need(`exporter-metrics-otlp-${kind}`);

function traceOptions() {
  if (way !== "grpc") return options("traces");
  const { Metadata } = require(path.join(folder, "node_modules", "@grpc", "grpc-js"));
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  return { url: grpc, metadata };
}

const facts = { "service.name": service, "service.version": "1.2.3", "deployment.environment": "production" };
const resource = resources.resourceFromAttributes ? resources.resourceFromAttributes(facts) : new resources.Resource(facts);

function build(Provider, field, adder, processor) {
  const made = new Provider({ resource, [field]: [processor] });
  if (made[adder]) made[adder](processor);
  return made;
}

const traces = build(BasicTracerProvider, "spanProcessors", "addSpanProcessor_", new BatchSpanProcessor(new OTLPTraceExporter(traceOptions())));
const takesOptions = Number(need("sdk-logs/package.json").version.split(".")[1]) > 210;
const exporter = new OTLPLogExporter(options("logs"));
const logProcessor = new BatchLogRecordProcessor(takesOptions ? { exporter } : exporter);
const logs = build(LoggerProvider, "processors", "addLogRecordProcessor", logProcessor);
const meters = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(options("metrics")), exportIntervalMillis: 60_000 })] });

const tracer = traces.getTracer("shop", "1.0");
const logger = logs.getLogger("shop");
const meter = meters.getMeter("shop");

(async () => {
  const root = tracer.startSpan("POST /orders/{id}", {
    kind: api.SpanKind.SERVER,
    attributes: { "http.method": "POST", "http.route": "/orders/{id}", "http.status_code": 500 },
  });
  const within = api.trace.setSpan(api.context.active(), root);
  tracer.startSpan("SELECT orders", { kind: api.SpanKind.CLIENT, attributes: { "db.system": "postgresql", "db.statement": "SELECT * FROM orders WHERE id = 7" } }, within).end();
  logger.emit({ severityNumber: SeverityNumber.WARN, severityText: "WARN", body: "stock of tea is low", attributes: { left: 3 }, context: within });
  const charge = tracer.startSpan("charge", { links: [{ context: root.spanContext(), attributes: { why: "retry" } }] }, within);
  charge.addEvent("asked", { gateway: "acme" });
  charge.recordException(new TypeError(`no price for ${service}`));
  charge.setStatus({ code: api.SpanStatusCode.ERROR, message: "no price" });
  charge.end();
  root.end();
  meter.createCounter("orders", { unit: "1" }).add(2, { plan: "pro" });
  meter.createUpDownCounter("queue.depth").add(7);
  meter.createHistogram("checkout.time", { unit: "ms" }).record(120, { plan: "pro" });
  for (const provider of [traces, logs, meters]) {
    await provider.forceFlush();
    await provider.shutdown();
  }
  process.exit(0);
})();
