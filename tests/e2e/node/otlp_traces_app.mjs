// Makes a trace with an exception and a log line by unmodified OpenTelemetry SDKs, exports, ends.
// Address and key: OTEL_EXPORTER_OTLP_*.
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

const resource = resourceFromAttributes({
  'service.name': 'js-shop',
  'deployment.environment.name': 'staging',
  'telemetry.sdk.language': 'nodejs',
});
const traces = new BasicTracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
const logs = new LoggerProvider({
  resource,
  processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
const span = traces.getTracer('shop', '1.0').startSpan('GET /cart/7', {
  kind: 1,
  attributes: { 'http.request.method': 'GET', 'url.path': '/cart/7', 'http.response.status_code': 500 },
});
span.recordException(new TypeError('cart is undefined'));
span.end();
logs.getLogger('shop').emit({ severityNumber: 17, severityText: 'ERROR', body: { message: 'no cart', n: 7 } });
await traces.forceFlush();
await logs.forceFlush();
await traces.shutdown();
await logs.shutdown();
console.log('sent');
