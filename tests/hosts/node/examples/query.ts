// How the package is used, from first to last. Checked by the tests against the package's types.

import { MetricClient, MetricError, MetricService, milliseconds, type MetricQuery } from 'metric-service-node';

const address = process.argv[2] ?? '127.0.0.1:9090';
const query: MetricQuery = {
  metricName: 'cpu_util',
  start: Date.now() - 3_600_000,
  end: new Date(),
  step: 60,
  // What is not known can be left open.
  labels: { valueType: 'current', kernelId: process.env['KERNEL'] },
  groupBy: ['session-id'],
};

const service = new MetricService({ address, timeout: 5_000 });
console.log(await service.buildPromql(query));
try {
  const { unit, series } = await service.queryMetric(query, { signal: AbortSignal.timeout(10_000) });
  for (const one of series) {
    const peak = one.values.reduce((a, b) => Math.max(a, b), 0);
    const last = milliseconds(one).at(-1) ?? 0;
    console.log(Object.fromEntries(one.labels), `up to ${peak} ${unit ?? ''}, until ${new Date(last).toISOString()}`);
  }
  // A week in pieces: what was read can be let go before the next is asked for.
  for await (const piece of service.stream({ ...query, start: Date.now() - 7 * 86_400_000 })) {
    for (const one of piece.series) console.log(one.values.length);
  }
} catch (error) {
  if (!(error instanceof MetricError)) throw error;
  // Narrowed by the case: `status` is there for a refusal only.
  if (error.reason.tag === 'failed-to-get-metric') console.error(`HTTP ${error.reason.val.status}`);
  console.error(error.message);
  process.exitCode = 1;
}

// The codec: without threads, in browsers too.
const client = new MetricClient({ address });
const type: 'gauge' | 'rate' | 'diff' = await client.detectMetricType('net_rx');
console.log(type);
