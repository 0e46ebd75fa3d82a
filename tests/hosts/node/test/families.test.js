// Families and derived metrics against a real Prometheus: held to the queries of the containers that they repeat, and to
// what the JSON interface says.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { MetricClient, MetricError, MetricService } from '../dist/index.js';
import { END, START, startPrometheus } from './prometheus.js';
import { check } from './schema.js';

/** Where nothing listens. */
const NOBODY = '127.0.0.1:1024';

let prometheus;
let service;
let client;
before(async () => {
  prometheus = await startPrometheus();
  const config = { address: prometheus.address, sampleInterval: 30 };
  service = new MetricService(config);
  client = new MetricClient(config);
});
after(() => prometheus?.stop());

/** The containers' own series, as what a family is: the numbers are known from the other verbs. */
const containers = { name: 'backendai_container_utilization', kind: 'gauge', unit: 'bytes', labels: ['kernel_id', 'container_metric_name', 'value_type'] };
const times = { start: START, end: new Date(END), step: 600 };
const ofContainers = (container_metric_name) => ({ ...times, family: containers, filters: { container_metric_name, value_type: ['current'], kernel_id: undefined }, groupBy: ['kernel_id'] });
const used = ofContainers('mem');
const metric = (valueType) => ({ ...times, metricName: 'mem', labels: { valueType }, groupBy: ['kernel-id'] });
const odd = { ...times, family: { name: 'a b', kind: 'counter' } };
/** As the schema has it. */
const document = { family: containers, filters: [{ label: 'container_metric_name', values: ['mem'] }, { label: 'value_type', values: ['current'] }], group_by: ['kernel_id'], start: START, end: new Date(END).toISOString(), step: 600 };

/** The points of each kernel. */
const points = ({ series }) => new Map(series.map(({ labels, timestamps, values }) => [Object.fromEntries(labels).kernel_id, { timestamps, values }]));

describe('families', () => {
  test('are checked, and their PromQL is built, without a word to Prometheus, the same at both classes', async () => {
    const latency = { name: 'latency_seconds', kind: 'native-histogram', unit: 's', formerNames: ['old_seconds'], description: 'of answers', intensive: false };
    const slowest = { ...times, family: latency, filters: { model: 'a"}' }, groupBy: ['zone'], statistic: { tag: 'quantile', val: 0.9 } };
    const lowest = { ...times, family: containers, statistic: { tag: 'max' }, overTime: { statistic: { tag: 'min' }, window: 3600 }, step: 60 };
    for (const one of [MetricService, MetricClient].map((Class) => new Class({ address: NOBODY }))) {
      assert.equal(await one.checkFamilies([containers, latency]), undefined);
      await assert.rejects(one.checkFamilies([latency, latency]), (error) => error.kind === 'invalid-argument' && /described twice/.test(error.message));
      assert.match(await one.buildFamilyPromql(slowest), /^histogram_quantile\(0\.9, sum by \(zone\)\(.*latency_seconds\{model="a\\"\}"\}.*old_seconds\{/);
      assert.equal(await one.buildFamilyPromql(lowest), 'min_over_time((max(backendai_container_utilization))[59m59s999ms:15s])');
      // A label is no name of the contract, whose `_` and `-` are the same.
      await assert.rejects(one.buildFamilyPromql({ ...used, groupBy: ['kernel-id'] }), (error) => error.reason.val.field === 'group-by' && error.message.includes('kernel-id'));
      await assert.rejects(one.queryFamily({ ...used, groupBy: ['kernel-id'] }), (error) => error.reason.val.field === 'group-by' && error.message.includes('kernel-id'));
    }
    const promql = await service.buildFamilyPromql(slowest);
    for (const one of [service, client]) assert.equal(await one.call('family-promql', { query: slowest }), promql);
  });

  test('are read as the metric that they are, in chunks or in one request', async () => {
    const { answer, missing } = await service.queryFamily(used, { interval: 3600 });
    assert.deepEqual(missing, []);
    const same = points(await service.queryMetric(metric('current')));
    assert.ok(same.size > 0);
    assert.deepStrictEqual(points(answer), same);
    assert.deepEqual([answer.metricType, answer.unit, answer.step], ['gauge', 'bytes', 600]);
    assert.deepStrictEqual(await client.queryFamily(used), answer);
    const result = await service.call('query-family', { query: used, options: { interval: 3600 } });
    check('range_answer', { result });
    assert.deepEqual(result.answer.series.length, answer.series.length);
    const failing = new MetricService({ address: NOBODY }).queryFamily(used);
    await assert.rejects(failing, (error) => error.kind === 'connection-failed' && error.chunk !== undefined);
    await assert.rejects(new MetricClient({ address: NOBODY }).queryFamily(used), (error) => error instanceof MetricError && error.kind === 'connection-failed');
  });

  test('of many have an answer each, or an error in its place', async () => {
    const largest = { ...used, statistic: { tag: 'max' } };
    const [one, refused, other] = await service.queryFamilies([used, odd, largest], { concurrency: 2 });
    assert.deepStrictEqual(one, await service.queryFamily(used));
    assert.deepEqual([refused instanceof MetricError, refused.kind, refused.reason.val.field], [true, 'invalid-argument', 'family.name']);
    assert.match(other.answer.promql, /^max by \(kernel_id\)\(/);
    assert.deepEqual(await service.queryFamilies([]), []);
    check('batch_answer', { result: await service.call('query-families', { queries: [used, odd] }) });
  });
});

describe('a derived metric', () => {
  test('is what becomes of both queries', async () => {
    const percent = { sides: [{ tag: 'family', val: used }, { tag: 'metric', val: metric('capacity') }], derivation: { tag: 'percent' } };
    const part = await service.queryDerived(percent, { interval: 3600 });
    assert.deepEqual([part.answer.answer.unit, part.missingSides, part.zeroDivisors], ['percent', 0n, 0n]);
    const [levels, limits] = [points(await service.queryMetric(metric('current'))), points(await service.queryMetric(metric('capacity')))];
    const parts = points(part.answer.answer);
    assert.deepEqual([...parts.keys()].sort(), [...levels.keys()].sort());
    for (const [kernel, { timestamps, values }] of parts) {
      const [level, limit] = [levels.get(kernel), limits.get(kernel)];
      assert.deepEqual(timestamps, level.timestamps);
      assert.deepEqual(limit.timestamps, level.timestamps);
      values.forEach((value, place) => assert.ok(Math.abs(value - (100 * level.values[place]) / limit.values[place]) < 1e-9));
    }
    const result = await service.call('query-derived', { derived: { sides: [{ family: document }], derivation: { scale: 2 } } });
    check('derived_answer', { result });
  });

  test('of one query is its multiple, and counts its gaps where a side is missing', async () => {
    const half = await service.queryDerived({ sides: [{ tag: 'family', val: used }], derivation: { tag: 'scale', val: 0.5 }, unit: 'half bytes' });
    assert.equal(half.answer.answer.unit, 'half bytes');
    const levels = points(await service.queryMetric(metric('current')));
    for (const [kernel, { values }] of points(half.answer.answer)) assert.deepEqual(values, levels.get(kernel).values.map((value) => value / 2));
    const nothing = await service.queryDerived({ sides: [{ tag: 'family', val: used }, { tag: 'family', val: ofContainers('none') }], derivation: { tag: 'difference' } });
    const count = [...levels.values()].reduce((sum, { values }) => sum + values.length, 0);
    assert.deepEqual([nothing.answer.answer.series.length, Number(nothing.missingSides)], [0, count]);
  });
});

describe('an argument that does not fit', () => {
  const refuses = (field, call) => assert.rejects(call, (error) => {
    assert.ok(error instanceof MetricError, String(error.stack));
    assert.deepEqual([error.kind, error.reason.val.field], ['invalid-argument', field], error.message);
    return true;
  });

  test('is refused by its name at both classes alike', async () => {
    for (const Class of [MetricService, MetricClient]) {
      const one = new Class({ address: NOBODY });
      await refuses('families', one.checkFamilies(containers));
      await refuses('family.name', one.checkFamilies([{ kind: 'gauge' }]));
      await refuses('family.kind', one.checkFamilies([{ name: 'f', kind: 'level' }]));
      await refuses('family.help', one.checkFamilies([{ ...containers, help: 'of f' }]));
      await refuses('family.intensive', one.checkFamilies([{ ...containers, intensive: 1 }]));
      for (const verb of ['buildFamilyPromql', 'queryFamily']) {
        await refuses('metricName', one[verb]({ ...used, metricName: 'mem' }));
        await refuses('family', one[verb]({ ...used, family: 'f' }));
        await refuses('filters.a', one[verb]({ ...used, filters: { a: 5 } }));
        await refuses('statistic', one[verb]({ ...used, statistic: { tag: 'median' } }));
        await refuses('statistic', one[verb]({ ...used, statistic: { tag: 'quantile', val: NaN } }));
        await refuses('over-time.statistic', one[verb]({ ...used, overTime: { statistic: { tag: 'quantile', val: Infinity } } }));
        await refuses('over-time.over', one[verb]({ ...used, overTime: { statistic: { tag: 'max' }, over: 'time' } }));
        await refuses('over-time.over', one[verb]({ ...used, overTime: { statistic: { tag: 'max' }, over: { tag: 'both', val: 'a-b' } } }));
        await refuses('step', one[verb]({ ...used, step: -1 }));
      }
      await refuses('step', one.call('family-promql', { query: { ...used, step: -1 } }));
    }
    const one = new MetricService({ address: NOBODY });
    await refuses('queries', one.queryFamilies(used));
    await refuses('sides', one.queryDerived({ sides: ['mem'], derivation: { tag: 'sum' } }));
    await refuses('sides.unit', one.queryDerived({ sides: [{ tag: 'family', val: used, unit: 'bytes' }], derivation: { tag: 'sum' } }));
    await refuses('derivation', one.queryDerived({ sides: [], derivation: { tag: 'scale' } }));
    await refuses('scale', one.queryDerived({ sides: [], derivation: { tag: 'sum' }, scale: 2 }));
  });

  test('is refused before it is sent', async () => {
    await refuses('options.windows', new MetricService({ address: NOBODY }).queryFamily(used, { windows: 5 }));
    await refuses('options.interval', new MetricClient({ address: NOBODY }).executePresetBatch([], { interval: 3600 }));
  });
});
