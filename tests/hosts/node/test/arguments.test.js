// Every argument is checked at the door, at both classes alike: nothing is dropped, wrapped or taken for something else.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { MetricClient, MetricError, MetricService } from '../dist/index.js';

const CONFIG = { address: '127.0.0.1:9090' };
const QUERY = { metricName: 'mem', start: '2026-01-05', end: '2026-01-05T01:00:00Z' };

const CLASSES = [MetricClient, MetricService];

const build = async (Class, config, query) => new Class({ ...CONFIG, ...config }).buildPromql({ ...QUERY, ...query });

/** Refused at both doors, for this field of the contract. */
async function refuses(field, { config, query }, kind = 'invalid-argument') {
  for (const Class of CLASSES) {
    await assert.rejects(build(Class, config, query), (error) => {
      assert.ok(error instanceof MetricError, String(error));
      assert.equal(error.kind, kind, error.message);
      if (kind === 'invalid-argument') assert.equal(error.reason.val.field, field);
      else assert.match(error.message, new RegExp(`^${field}`));
      return true;
    });
  }
}

/** Means the same at both doors. */
async function means({ config, query }, plain) {
  for (const Class of CLASSES) assert.equal(await build(Class, config, query), await build(Class, plain?.config, plain?.query));
}

test('a field that there is not is refused: the answer would be another', async () => {
  await refuses('labels.projectID', { query: { labels: { projectID: '7c6d' } } });
  await refuses('labels.kernel_id', { query: { labels: { kernel_id: '7c6d', valueType: 'current' } } });
  await refuses('group_by', { query: { group_by: ['kernel-id'] } });
  await refuses('pointwise.windows', { query: { pointwise: { statistic: { tag: 'max' }, over: { tag: 'time' }, windows: 3600 } } });
  await refuses('config.label_schema', { config: { label_schema: 'agent' } });
  for (const Class of CLASSES) assert.throws(() => new Class(CONFIG, { maxBytes: 5 }), (error) => error.reason.val.field === 'maxBytes');
  await assert.rejects(new MetricService(CONFIG).queryRange(QUERY, { intervall: 5 }), (error) => error.reason.val.field === 'options.intervall');
  await assert.rejects(new MetricClient(CONFIG).queryMetric(QUERY, { signals: 5 }), (error) => error.reason.val.field === 'signals');
});

test('a number that the contract cannot hold is refused, and never wrapped', async () => {
  for (const step of [-1, 1.5, 14.4, 2 ** 32, 2 ** 32 + 60, NaN, Infinity, '60', true, {}]) await refuses('step', { query: { step } });
  for (const utcOffset of [2 ** 31, 0.5, '3600']) await refuses('utc-offset', { query: { utcOffset } });
  for (const timeout of [-1, 0, 1.5, 1500.7, NaN, Infinity, 2 ** 32 + 5]) await refuses('config.timeout', { config: { timeout } });
  for (const maxResultBytes of [-1, 1.5, 2 ** 64, '5', -1n, 2n ** 64n]) await refuses('config.max-result-bytes', { config: { maxResultBytes } });
  for (const name of ['maxRange', 'maxPoints', 'sampleInterval']) {
    await refuses(`config.${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, { config: { [name]: -1 } });
  }
  await refuses('pointwise.statistic', { query: { pointwise: { statistic: { tag: 'quantile', val: '0.5' }, over: { tag: 'time' } } } });
  await refuses('pointwise.window', { query: { pointwise: { statistic: { tag: 'max' }, over: { tag: 'time' }, window: 2 ** 32 + 300 } } });
  await assert.rejects(new MetricService(CONFIG).queryRange(QUERY, { concurrency: -1 }), (error) => error.reason.val.field === 'options.concurrency');
  await assert.rejects(new MetricClient(CONFIG).queryMetric(QUERY, { timeout: 1500.7 }), (error) => error.reason.val.field === 'timeout');
});

test('a value of another kind is refused', async () => {
  await refuses('labels.kernel-id', { query: { labels: { kernelId: 5 } } });
  await refuses('labels.value-type', { query: { labels: { valueType: 'Current' } } });
  await refuses('labels', { query: { labels: 'kernel' } });
  for (const groupBy of ['kernel-id', new Set(['kernel-id']), ['kernel_id']]) await refuses('group-by', { query: { groupBy } });
  await refuses('metric-type', { query: { metricType: 'counter' } });
  await refuses('metric-name', { query: { metricName: undefined } });
  await refuses('config.label-schema', { config: { labelSchema: 'Documented' } });
  await refuses('config.partial', { config: { partial: 'no' } });
  for (const address of [undefined, null, 5]) await refuses('config.address', { config: { address } });
  await refuses('pointwise.statistic', { query: { pointwise: { statistic: 'max', over: { tag: 'time' } } } });
  for (const Class of CLASSES) {
    await assert.rejects(new Class(CONFIG).detectMetricType('cpu_util', 'currentt'), (error) => error.reason.val.field === 'value-type');
    await assert.rejects(new Class(CONFIG).detectMetricType(undefined), (error) => error.reason.val.field === 'metric-name');
    assert.throws(() => new Class('127.0.0.1:9090'), (error) => error.kind === 'invalid-argument');
    await assert.rejects(new Class(CONFIG).buildPromql(), (error) => error.kind === 'invalid-argument');
  }
  await assert.rejects(new MetricService(CONFIG).queryBatch(QUERY), (error) => error.reason.val.field === 'queries');
  await assert.rejects(new MetricService(CONFIG).queryBatch([QUERY, { ...QUERY, step: '5' }]), (error) => error.reason.val.field === 'step');
  await assert.rejects(new MetricService(CONFIG).queryPage(QUERY, {}, 5), (error) => error.reason.val.field === 'cursor');
});

test('half of a character is refused, and not another value', async () => {
  for (const half of ['\ud800', 'a\udc00b']) {
    await refuses('labels.kernel-id', { query: { labels: { kernelId: half } } });
    await refuses('metric-name', { query: { metricName: half } });
  }
  for (const Class of CLASSES) assert.match(await build(Class, {}, { labels: { kernelId: '😀' } }), /kernel_id="\\U0001f600"/);
});

test('what is undefined or null is left out', async () => {
  const nothing = { labels: undefined, groupBy: undefined, step: undefined, metricType: null, pointwise: undefined, utcOffset: null };
  await means({ query: nothing });
  await means({ query: { labels: { kernelId: undefined, userId: null, agentId: [] } } });
  await means({ config: { labelSchema: undefined, method: undefined, timeout: undefined, timewindow: null, partial: undefined, now: undefined, maxResultBytes: undefined } });
});

describe('a time', () => {
  const plain = { query: { start: '2026-01-05T00:00:00Z', end: '2026-01-05T01:00:00Z', metricName: 'net_rx' } };
  const [start, end] = [Date.parse(plain.query.start), Date.parse(plain.query.end)];

  test('is a Date, or milliseconds as Date.now() gives them', async () => {
    const asked = async (times) => {
      const query = { ...plain.query, step: 60, ...times };
      const [{ body }, { span }] = await Promise.all([new MetricClient({ ...CONFIG, now: end }).call('metric-request', { query }), new MetricService({ ...CONFIG, now: end }).plan(query)]);
      return { body, span };
    };
    const expected = await asked({});
    assert.match(expected.body, /start=1767571260&end=1767574800/);
    assert.deepEqual(await asked({ start: new Date(start), end }), expected);
    assert.deepEqual(await asked({ start: BigInt(start), end: String(end / 1000) }), expected);
  });

  test('that is none is told with what would be one', async () => {
    for (const wrong of [new Date(NaN), NaN, Infinity, 1e300, undefined, null, {}, true]) await refuses('start', { query: { start: wrong } }, 'invalid-time-range');
  });

  test('in seconds by mistake is refused, and not a day in 1970', async () => {
    await refuses('end', { query: { end: end / 1000 } }, 'invalid-time-range');
  });
});
