// How the package is used, from first to last. Checked by the tests against the generated types.

import { MetricClient, MetricError, MetricService, milliseconds, type MetricQuery } from 'metric-service-node';

const address = process.argv[2] ?? '127.0.0.1:9090';
const query: MetricQuery = {
  metricName: 'cpu_util',
  start: new Date(Date.now() - 3_600_000),
  end: new Date(),
  step: 60,
  labels: { valueType: 'current' },
  groupBy: ['session-id'],
};

const client = new MetricClient({ address });
console.log(client.buildPromql(query));
try {
  const { unit, series } = await client.queryMetric(query);
  for (const one of series) {
    const peak = one.values.reduce((a, b) => Math.max(a, b), 0);
    const last = milliseconds(one).at(-1) ?? 0;
    console.log(Object.fromEntries(one.labels), `up to ${peak} ${unit ?? ''}, until ${new Date(last).toISOString()}`);
  }
} catch (error) {
  if (!(error instanceof MetricError)) throw error;
  // Narrowed by the case: `status` is there for a refusal only.
  if (error.reason.tag === 'failed-to-get-metric') console.error(`HTTP ${error.reason.val.status}`);
  console.error(error.message);
  process.exitCode = 1;
}

// The same, with the plugin's own HTTP: it blocks until the answer is there.
const service = new MetricService({ address, timeout: 5_000 });
const type: 'gauge' | 'rate' | 'diff' = service.detectMetricType('net_rx');
console.log(type);
