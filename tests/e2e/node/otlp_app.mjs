// Measures a few things by an unmodified @opentelemetry/sdk-metrics, exports them twice, ends.
// Arguments: json or protobuf, cumulative or delta. Address and key: OTEL_EXPORTER_OTLP_*.
import { OTLPMetricExporter as JsonExporter, AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const [format, temporality] = process.argv.slice(2);
const Exporter = format === 'json' ? JsonExporter : ProtoExporter;
const exporter = new Exporter({
  temporalityPreference: AggregationTemporalityPreference[temporality.toUpperCase()],
});
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
const provider = new MeterProvider({
  resource: resourceFromAttributes({ 'service.name': `js-${format}-${temporality}`, 'host.name': 'h1' }),
  readers: [reader],
});
const meter = provider.getMeter('shop', '1.2.3');
const orders = meter.createCounter('shop.orders', { description: 'Orders.', unit: '{order}' });
const size = meter.createHistogram('cart.size', { unit: 'By', advice: { explicitBucketBoundaries: [10, 100] } });
const open = meter.createUpDownCounter('carts.open');

for (const n of [2, 3]) {
  orders.add(n, { 'pay.method': 'card', first: true });
  size.record(50);
  open.add(1);
  await provider.forceFlush();
}
await provider.shutdown();
console.log('sent');
