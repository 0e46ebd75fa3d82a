// What a call costs in Node: the call itself, a small answer, and 20,000 points, through the typed door and
// through the JSON door (`JSON.parse` included), beside plain JavaScript that reads the same body into the
// same columns. Sends nothing: bodies are made here.

import { codec as component } from '../test/components.js';

const { codec, jsonCodec } = component;

/** Milliseconds that each row is measured for. */
const BUDGET = 1500;

const config = { address: 'x:1', labelSchema: 'documented', method: 'auto', backend: 'auto', partial: false };
const query = { metricName: 'mem', start: '2026-01-05T00:00:00Z', end: '2026-01-05T23:59:00Z', step: 60, labels: { agentId: [], kernelId: [], sessionId: [], userId: [], projectId: [] }, groupBy: ['kernel-id'] };
const request = JSON.stringify({
  config: { address: config.address },
  query: { metric_name: query.metricName, start: query.start, end: query.end, step: query.step, group_by: ['kernel_id'] },
  status: 200,
});

/** An answer of Prometheus: values as bytes of memory are, in whole numbers and in fractions. */
function body(series, points) {
  const start = Date.parse(query.start) / 1000;
  const result = Array.from({ length: series }, (_, s) => ({
    metric: { kernel_id: `7f3c9d2e-0000-4000-8000-${String(s).padStart(12, '0')}`, value_type: 'current' },
    values: Array.from({ length: points }, (_, p) => [start + 60 * p, String(p % 2 ? 3_221_225_472 + 4096 * p * s : Math.sqrt(p + s) * 1e6)]),
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}

/** Microseconds a call: the median over batches that take about a millisecond each, after a warm-up. */
function microseconds(call) {
  let batch = 1;
  for (let until = performance.now() + BUDGET / 3; performance.now() < until;) {
    const started = performance.now();
    for (let i = 0; i < batch; i += 1) call();
    if (performance.now() - started < 1) batch *= 2;
  }
  const times = [];
  for (let until = performance.now() + BUDGET; performance.now() < until;) {
    const started = performance.now();
    for (let i = 0; i < batch; i += 1) call();
    times.push(((performance.now() - started) * 1000) / batch);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

function byHand(text) {
  return JSON.parse(text).data.result.map(({ metric, values }) => ({
    labels: Object.entries(metric),
    timestamps: BigInt64Array.from(values, ([seconds]) => BigInt(Math.round(seconds * 1000))),
    values: Float64Array.from(values, ([, value]) => Number(value)),
  }));
}

const detection = JSON.stringify({ metric_name: 'cpu_util', value_type: 'current' });
const answer = (text) => [
  () => codec.metricResponse(config, query, 200, text),
  () => JSON.parse(jsonCodec.call('metric-response', request, text)),
  () => byHand(text),
];
const rows = [
  ['detect-metric-type', () => codec.detectMetricType('cpu_util', 'current'), () => JSON.parse(jsonCodec.call('detect-metric-type', detection, ''))],
  ['build-promql', () => codec.buildPromql(config, query), () => JSON.parse(jsonCodec.call('build-promql', request, ''))],
  ['a small answer: 1 series, 61 points', ...answer(body(1, 61))],
  ['20,000 points: 20 series of 1,000', ...answer(body(20, 1000))],
];

const shown = (call) => (call ? `${microseconds(call).toLocaleString('en', { maximumSignificantDigits: 3 })} µs` : '');
console.log(`Node ${process.version}: one call, median\n`);
console.log(['', 'typed', 'JSON, parsed', 'plain JavaScript'].map((head, at) => (at ? head.padStart(18) : head.padEnd(38))).join(''));
for (const [name, ...calls] of rows) {
  console.log(name.padEnd(38) + [0, 1, 2].map((at) => shown(calls[at]).padStart(18)).join(''));
}
