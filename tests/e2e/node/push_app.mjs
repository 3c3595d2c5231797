// Pushes by an unmodified prom-client. Arguments: gateway address, server key, push|pushAdd|delete.
import { Counter, Histogram, Pushgateway, Registry } from 'prom-client';

const [address, key, verb] = process.argv.slice(2);
const registry = new Registry();
const headers = { Authorization: `Bearer ${key}` };
const gateway = new Pushgateway(address, { headers }, registry);
const grouping = { jobName: 'nightly backup', groupings: { host: 'db1' } };

if (verb === 'push') {
  new Counter({ name: 'backup_rows_total', help: 'Rows.', registers: [registry] }).inc(12);
  new Histogram({ name: 'backup_seconds', help: 'Took.', buckets: [1, 60], registers: [registry] }).observe(30);
} else {
  new Counter({ name: 'backup_tables_total', help: 'Tables.', registers: [registry] }).inc(3);
}
const { resp } = await gateway[verb](grouping);
console.log(resp.statusCode);
