// Calls a second, and the memory of the process, over 10,000 calls of one class: one after the other, and eight at
// once. The server is a thread of the same process, and answers two points at once.

import { MetricClient, MetricService } from '../dist/index.js';
import { startServer } from '../test/faults/server.js';

const CALLS = 10_000;
const QUERY = { metricName: 'mem', start: '2026-01-05', end: '2026-01-05T01:00:00Z', step: 60 };

const Class = { MetricClient, MetricService }[process.argv[2]];
const server = await startServer();
const one = new Class({ address: server.at('ok') });
const mebibytes = () => `${process.memoryUsage.rss() >> 20} MiB`;

console.log(`\n${Class.name}, Node ${process.version}: ${CALLS} calls`);
for (const atOnce of [1, 8]) {
  const memory = [];
  const started = performance.now();
  for (let calls = 0; calls < CALLS; calls += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, () => one.queryMetric(QUERY)));
    if (calls % (CALLS / 4) < atOnce) memory.push(mebibytes());
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${atOnce} at once: ${Math.round(CALLS / seconds)} calls/s; ${[...memory, mebibytes()].join(' → ')}`);
}
await server.end();
