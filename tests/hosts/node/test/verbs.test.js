// Insight, live stats, presets and verdicts against a real Prometheus: held to the series that they are of, and to what
// the JSON interface says.

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
let kernels;
before(async () => {
  prometheus = await startPrometheus();
  const config = { address: prometheus.address, sampleInterval: 30 };
  service = new MetricService(config);
  client = new MetricClient(config);
  kernels = (await service.values({ tag: 'dimension', val: 'kernel-id' })).values;
});
after(() => prometheus?.stop());

const mem = { metricName: 'mem', start: START, end: END, step: 60, labels: { valueType: 'current' }, groupBy: ['kernel-id'] };
const byKernel = (records) => new Map(records.map((one) => [Object.fromEntries(one.labels).kernel_id, one]));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const near = (one, other) => assert.ok(Math.abs(one - other) <= 1e-9 * Math.abs(other), `${one}, ${other}`);

/** The result of the JSON interface, which keeps to the schema. */
async function named(verb, definition, request, options) {
  const result = await service.call(verb, { ...request, ...(options && { options }) });
  check(definition, { result });
  return result;
}

describe('insight', () => {
  test('sums up each group, as its series says and as the JSON interface does', async () => {
    const [{ answer, totalUnit, summaries }, { series }] = await Promise.all([service.summarize(mem, [0, 0.5, 1]), service.queryMetric(mem)]);
    assert.equal(totalUnit, 'byte-seconds');
    assert.equal(answer.unit, 'bytes');
    assert.equal(summaries.length, kernels.length);
    const groups = byKernel(summaries);
    for (const [kernel, { values }] of byKernel(series)) {
      const group = groups.get(kernel);
      assert.deepEqual([group.points, group.first, group.last, group.min, group.max], [values.length, values[0], values.at(-1), Math.min(...values), Math.max(...values)]);
      assert.deepEqual([group.quantiles.length, group.quantiles[0], group.quantiles[2]], [3, group.min, group.max]);
      near(group.avg, mean(values));
      assert.ok(group.total > 0);
    }
    const text = await named('summarize', 'summary_answer', { query: mem, quantiles: [0, 0.5, 1] });
    assert.deepEqual(text.summaries.map(({ quantiles }) => quantiles['0.5']), summaries.map(({ quantiles }) => quantiles[1]));
    assert.equal((await service.summarize(mem)).summaries[0].quantiles.length, 2);
  });

  test('ranks groups over the whole range, and adds up the others', async () => {
    const ranked = await service.rank(mem, { score: { tag: 'quantile', val: 1 }, k: 3, others: true });
    const peaks = (await service.summarize(mem)).summaries.map(({ max }) => max).sort((a, b) => b - a);
    assert.deepEqual([...ranked.scores], peaks.slice(0, 3));
    assert.equal(ranked.answer.answer.series.length, 3);
    assert.equal(ranked.groups, kernels.length);
    assert.ok(ranked.others.values.length > 0);
    const lowest = await service.rank(mem, { score: { tag: 'max' }, k: 1, lowest: true });
    assert.deepEqual([...lowest.scores], [peaks.at(-1)]);
    assert.equal(lowest.others, undefined);
    const text = await named('rank', 'ranked_answer', { query: mem, ranking: { score: 'max', k: 3 } });
    assert.deepEqual(text.scores, peaks.slice(0, 3));
  });

  test('finds what leaves the band, and says by how much', async () => {
    const later = { ...mem, start: new Date(Date.parse(START) + 7_200_000) };
    const detection = { strategy: 'robust', tolerance: { sensitivity: 2, minPoints: 1 }, lookback: 3600 };
    const { watched } = await service.findAnomalies(later, detection);
    assert.equal(watched.length, kernels.length);
    const anomalies = watched.flatMap((one) => one.anomalies.map((anomaly) => [one, anomaly]));
    assert.ok(anomalies.length > 0);
    for (const [{ timestamps, values, lower, upper, strategy }, { peakAt, peak, above, score }] of anomalies) {
      const at = timestamps.indexOf(peakAt);
      assert.equal(values[at], peak);
      assert.ok(above ? peak > upper[at] : peak < lower[at]);
      assert.ok(score > 1);
      assert.equal(strategy, 'robust');
    }
    const above = await service.findAnomalies(later, { ...detection, tolerance: { ...detection.tolerance, direction: 'above' } });
    assert.ok(above.watched.every((one) => one.anomalies.every((anomaly) => anomaly.above)));
    const text = await named('find-anomalies', 'watch_answer', { query: later, detection: { strategy: 'robust', tolerance: { sensitivity: 2, min_points: 1 }, lookback: 3600 } });
    assert.equal(text.watched.flatMap((one) => one.anomalies).length, anomalies.length);
  });

  test('finds members that are unlike the others', async () => {
    const { watched } = await service.findOutliers(mem, 'kernel-id', { sensitivity: 2 });
    assert.equal(watched.length, kernels.length);
    assert.ok(watched.some(({ anomalies }) => anomalies.length > 0));
    assert.ok(watched.every(({ strategy, learnt }) => strategy === undefined && learnt >= 4));
    await named('find-outliers', 'watch_answer', { query: mem, member: 'kernel_id', tolerance: { sensitivity: 2 } });
  });

  test('lists values for menus, of a dimension or a label, filtered and bounded', async () => {
    const { values, more } = await service.values({ tag: 'dimension', val: 'kernel-id' }, { metricName: 'mem', start: START, end: new Date(END), limit: 3 });
    assert.deepEqual(values, kernels.slice(0, 3));
    assert.equal(more, true);
    assert.deepEqual((await service.values({ tag: 'dimension', val: 'kernel-id' }, { labels: { kernelId: kernels[1] } })).values, [kernels[1]]);
    const text = await named('values', 'value_answer', { source: { label: 'container_metric_name' } });
    assert.deepEqual((await service.values({ tag: 'label', val: 'container_metric_name' })).values, text.values);
  });

  test('comes to the same by the codec, to the last bit', async () => {
    const cpu = { ...mem, metricName: 'cpu_util' };
    const later = { ...mem, start: new Date(Date.parse(START) + 7_200_000) };
    const detection = { strategy: 'robust', tolerance: { sensitivity: 2, minPoints: 1 }, lookback: 3600 };
    const capacity = { ...mem, labels: { valueType: 'capacity' } };
    const percent = { sides: [mem, capacity].map((val) => ({ tag: 'metric', val })), derivation: { tag: 'percent' } };
    for (const ask of [
      (one) => one.summarize(mem, [1, 0, 0.5]),
      (one) => one.summarize(mem, undefined, { interval: 900 }),
      // What counters grew by is asked for besides.
      (one) => one.summarize(cpu),
      (one) => one.rank(cpu, { score: { tag: 'total' }, k: 2, others: true }),
      (one) => one.rank(mem, { score: { tag: 'quantile', val: 0.9 }, lowest: true }),
      (one) => one.findAnomalies(later, detection, { interval: 3600, concurrency: 2 }),
      (one) => one.findOutliers(mem, 'kernel-id', { sensitivity: 2 }),
      (one) => one.queryRange(mem, { interval: 900, partial: true }),
      (one) => one.queryDerived(percent),
      (one) => one.values({ tag: 'dimension', val: 'kernel-id' }, { metricName: 'mem', start: START, end: new Date(END), limit: 3 }),
      (one) => one.values({ tag: 'label', val: 'container_metric_name' }),
    ]) {
      assert.deepEqual(await ask(client), await ask(service), String(ask));
    }
    assert.ok((await client.summarize(cpu)).summaries.every(({ total }) => total > 0));
  });

  test('by the codec, a chunk that Prometheus refuses is missing where it may be, and every request ends with its caller', async () => {
    let sent = 0;
    const refusing = async (input, init) => (sent++ === 1 ? new globalThis.Response('gone', { status: 500 }) : fetch(input, init));
    const flaky = new MetricClient({ address: prometheus.address, sampleInterval: 30 }, { fetch: refusing });
    const { answer, missing, summaries } = await flaky.summarize(mem, [], { interval: 3600, partial: true });
    assert.equal(missing.length, 1);
    assert.deepEqual([missing[0].error.tag, missing[0].error.val.status], ['failed-to-get-metric', 500]);
    assert.equal(typeof missing[0].span.start, 'bigint');
    assert.equal(summaries.length, kernels.length);
    assert.ok(answer.series.length === 0);
    sent = 0;
    await assert.rejects(flaky.summarize(mem, [], { interval: 3600 }), (error) => error.kind === 'failed-to-get-metric' && Number(error.chunk.start) > Date.parse(START));
    await assert.rejects(new MetricClient({ address: NOBODY, timeout: 3000 }).rank(mem, { score: { tag: 'avg' } }), (error) => error.kind === 'connection-failed');
    const reason = new Error('the user closed the page');
    const signal = AbortSignal.abort(reason);
    const calls = [client.summarize(mem, [], {}, { signal }), client.queryRange(mem, {}, { signal }), client.values({ tag: 'label', val: 'job' }, {}, { signal })];
    for (const call of calls) await assert.rejects(call, (error) => error === reason);
  });

  test('fails with the chunk, and ends with its caller', async () => {
    const nobody = new MetricService({ address: NOBODY, timeout: 3000 });
    await assert.rejects(nobody.summarize(mem), (error) => error.kind === 'connection-failed' && Number(error.chunk.start) === Date.parse(START));
    const reason = new Error('the user closed the page');
    const signal = AbortSignal.abort(reason);
    const calls = [service.summarize(mem, [], {}, { signal }), service.rank(mem, { score: { tag: 'avg' } }, {}, { signal }), service.findAnomalies(mem, {}, {}, { signal }),
      service.findOutliers(mem, 'kernel-id', {}, {}, { signal }), service.values({ tag: 'label', val: 'job' }, {}, { signal })];
    for (const call of calls) await assert.rejects(call, (error) => error === reason);
  });
});

const preset = {
  template: 'sum by (${{group_by}})(backendai_container_utilization{container_metric_name="mem",value_type="current",${{labels}}})',
  groupLabels: ['kernel_id'],
  unit: 'bytes',
};
const asked = () => ({ filters: { kernel_id: kernels.slice(0, 2), agent_id: undefined }, groupBy: ['kernel_id'] });
const at = new Date(END);

/** The last point of each kernel, as a query gives it. */
const lastOf = async (kernelId) => (await service.queryMetric({ ...mem, labels: { valueType: 'current', kernelId } })).series.map(({ values }) => values.at(-1));

describe('live stats', () => {
  test('are the same at both classes, to the last bit, and say who is missing', async () => {
    const ids = [...kernels.slice(0, 2), 'gone'];
    const live = { at, window: 600, metrics: ['mem', 'net_rx'] };
    const answer = await service.queryLiveStats('kernel-id', ids, live);
    assert.deepStrictEqual(await client.queryLiveStats('kernel-id', ids, live), answer);
    assert.deepEqual(answer.missing, ['gone']);
    assert.deepEqual(answer.subjects.map(({ id, stats }) => [id, stats.map(({ metric }) => metric)]), kernels.slice(0, 2).map((id) => [id, ['mem', 'net_rx']]));
    assert.deepEqual(answer.subjects.map(({ stats }) => stats[0].current), await lastOf(kernels.slice(0, 2)));
    const [{ unit, stale, samples, percent, accumulated }] = answer.subjects[0].stats;
    assert.deepEqual([unit, stale, samples, accumulated], ['bytes', false, 20, undefined]);
    assert.ok(percent > 0 && percent < 100);
    check('live_answer', { result: await service.call('query-live-stats', { by: 'kernel_id', ids, options: live }) });
  });

  test('of many are a request for each hundred, side by side', async () => {
    const ids = Array.from({ length: 250 }, (_, at) => kernels[at] ?? `gone-${at}`);
    let sent = 0;
    const counting = (...request) => {
      sent += 1;
      return fetch(...request);
    };
    const answer = await new MetricClient({ address: prometheus.address, sampleInterval: 30 }, { fetch: counting }).queryLiveStats('kernel-id', ids, { at });
    assert.equal(sent, 3);
    assert.equal(answer.subjects.length + answer.missing.length, 250);
    // Of some kernels the last sample is older than the window.
    assert.ok(answer.subjects.length > 0 && answer.subjects.length <= kernels.length);
  });

  test('end with the first request that fails, and close the others', async () => {
    const closed = [];
    const failing = (_, { signal }) => new Promise((_, reject) => {
      if (closed.push(false) === 2) reject(new TypeError('fetch failed'));
      const place = closed.length - 1;
      signal.addEventListener('abort', () => {
        closed[place] = true;
        reject(signal.reason);
      });
    });
    const ids = Array.from({ length: 1100 }, (_, at) => `k${at}`);
    await assert.rejects(new MetricClient({ address: 'x:1' }, { fetch: failing }).queryLiveStats('kernel-id', ids), (error) => error instanceof MetricError && error.kind === 'connection-failed');
    // Eight at once, of eleven.
    assert.deepEqual(closed, Array.from({ length: 8 }, () => true));
  });
});

describe('a preset', () => {
  test('is checked and rendered without a word to Prometheus, the same at both classes', async () => {
    const [one, other] = [MetricService, MetricClient].map((Class) => new Class({ address: NOBODY }));
    const outline = await one.checkPreset(preset);
    assert.deepStrictEqual(await other.checkPreset(preset), outline);
    assert.deepEqual(outline.placeholders.map(({ placeholder }) => placeholder), ['group_by', 'labels']);
    const promql = await one.renderPreset(preset, { filters: { kernel_id: 'a"} or up{b="' }, groupBy: ['kernel_id'] });
    assert.match(promql, /kernel_id="a\\"\} or up\{b=\\""/);
    assert.equal(await other.renderPreset(preset, { filters: { kernel_id: 'a"} or up{b="' }, groupBy: ['kernel_id'] }), promql);
    for (const each of [one, other]) {
      await assert.rejects(each.checkPreset({ template: 'm{a="${{labels}}"}' }), (error) => error.reason.val.field === 'preset.template' && /line 1, column 6/.test(error.message));
      await assert.rejects(each.renderPreset(preset, { groupBy: ['agent-id'] }), (error) => error.kind === 'invalid-argument' && error.message.includes('agent-id'));
    }
  });

  test('is asked at an instant, the same at both classes', async () => {
    const answer = await service.executePreset(preset, asked(), at);
    assert.deepStrictEqual(await client.executePreset(preset, asked(), at), answer);
    assert.deepEqual(answer.series.map(({ values }) => values[0]), await lastOf(kernels.slice(0, 2)));
    assert.deepEqual(answer.series.map(({ timestamps }) => Number(timestamps[0])), [at.getTime(), at.getTime()]);
    assert.equal(answer.unit, 'bytes');
  });

  test('is asked over a range, in chunks or in one request', async () => {
    const span = { start: new Date(START), end: END, step: 600 };
    const { answer, missing } = await service.executePresetRange(preset, asked(), span, { interval: 3600 });
    assert.deepEqual(missing, []);
    assert.equal(answer.series.length, 2);
    const { series } = await client.executePreset(preset, asked(), span);
    assert.deepStrictEqual(series, answer.series);
    const failing = new MetricService({ address: NOBODY }).executePresetRange(preset, asked(), span);
    await assert.rejects(failing, (error) => error.kind === 'connection-failed' && error.chunk !== undefined);
  });

  test('decides for many subjects, and never on what is missing', async () => {
    const question = { subject: 'kernel_id', subjects: [kernels[0], 'gone'], combine: 'max', at, condition: { bound: { tag: 'above', val: 1 }, lasting: 300 } };
    const judgements = await service.evaluate(preset, question);
    assert.deepStrictEqual(await client.evaluate(preset, question), judgements);
    const [told, gone] = judgements;
    assert.deepEqual([told.subject, told.verdict, told.decision, told.values.at(-1)], [kernels[0], 'value', true, (await lastOf([kernels[0]]))[0]]);
    assert.deepEqual([gone.verdict, gone.value, gone.decision], ['no-data', undefined, undefined]);
    const below = await service.evaluate(preset, { ...question, condition: { bound: { tag: 'below', val: 1 } } });
    assert.equal(below[0].decision, false);
    assert.equal((await service.evaluate(preset, { ...question, condition: undefined }))[0].decision, undefined);
  });

  test('of many each has its answer, or an error in its place', async () => {
    const span = { start: new Date(START), end: END, step: 600 };
    const runs = [{ preset, arguments: asked(), at }, { preset: { template: 'm{a="${{labels}}"}' } }, { preset, arguments: asked(), range: span }];
    const [now, refused, whole] = await service.executePresetBatch(runs, { interval: 3600, concurrency: 2 });
    assert.deepStrictEqual(now, { tag: 'instant', val: await service.executePreset(preset, asked(), at) });
    assert.deepEqual([refused instanceof MetricError, refused.kind, refused.reason.val.field], [true, 'invalid-argument', 'preset.template']);
    assert.deepStrictEqual(whole, { tag: 'range', val: await service.executePresetRange(preset, asked(), span, { interval: 3600 }) });
    // Without I/O each is one request, and over a range as well an answer of the form of an instant.
    const answers = await client.executePresetBatch(runs);
    assert.deepStrictEqual(answers, [now, refused, { tag: 'instant', val: await client.executePreset(preset, asked(), span) }]);
    assert.deepEqual([await service.executePresetBatch([]), await client.executePresetBatch([])], [[], []]);
    const document = { preset: { template: preset.template, group_labels: preset.groupLabels }, arguments: { filters: [{ label: 'kernel_id', values: [kernels[0]] }], group_by: ['kernel_id'] }, at: at.getTime() };
    await named('preset-execute-batch', 'runs_answer', { runs: [document, { preset: { template: 'm{a="${{labels}}"}' } }] });
  });

  test('of a batch is sent once where it is the same, and partial where that is accepted', async () => {
    let sent = 0;
    const partial = { status: 'success', isPartial: true, data: { resultType: 'vector', result: [] } };
    const counting = async () => {
      sent += 1;
      return Response.json(partial);
    };
    const one = new MetricClient({ address: 'x:1' }, { fetch: counting });
    const runs = [{ preset: { template: 'up' }, at }, { preset: { template: 'up' }, at }];
    assert.deepEqual((await one.executePresetBatch(runs)).map(({ kind }) => kind), ['partial-answer', 'partial-answer']);
    assert.equal(sent, 1);
    assert.deepEqual((await one.executePresetBatch(runs, { partial: true })).map(({ val }) => val.partial), [true, true]);
  });

  test('and a metric of the containers decide alike', async () => {
    const condition = { bound: { tag: 'above', val: 1 }, lasting: 300 };
    const question = { metricName: 'mem', labels: { valueType: 'current' }, subject: 'kernel-id', subjects: [kernels[0], 'gone'], combine: 'max', at, condition };
    const judgements = await service.evaluateMetric(question);
    assert.deepStrictEqual(await client.evaluateMetric(question), judgements);
    assert.deepStrictEqual(await service.evaluate(preset, { subject: 'kernel_id', subjects: question.subjects, combine: 'max', at, condition }), judgements);
    assert.deepEqual(judgements.map(({ verdict, decision }) => [verdict, decision]), [['value', true], ['no-data', undefined]]);
    const highest = { ...question, condition: undefined, groupBy: ['agent-id'], pointwise: { statistic: { tag: 'max' }, over: { tag: 'time' }, window: 3600 } };
    const [high] = await service.evaluateMetric(highest);
    assert.ok(high.value >= judgements[0].value);
    assert.deepStrictEqual((await client.evaluateMetric(highest))[0], high);
    await named('evaluate-metric', 'evaluate_answer', { question: { metric_name: 'mem', labels: { value_type: 'current' }, subject: 'kernel_id', subjects: [kernels[0]], combine: 'max', at: at.getTime() } });
  });

  test('whose numbers are none is told with the number, the same at both classes', async () => {
    const nothing = { template: '0 * max by (${{group_by}})(backendai_container_utilization{container_metric_name="mem",${{labels}}}) / 0' };
    const question = { subject: 'kernel_id', subjects: [kernels[0]], combine: 'max', at };
    const [judgement] = await service.evaluate(nothing, question);
    assert.equal(judgement.verdict, 'not-finite');
    assert.deepStrictEqual(await client.evaluate(nothing, question), [judgement]);
    const infinite = { template: 'max by (${{group_by}})(backendai_container_utilization{container_metric_name="mem",${{labels}}}) / 0' };
    const [answer, same] = await Promise.all([service, client].map((one) => one.executePreset(infinite, asked(), at)));
    assert.deepEqual([...answer.series[0].values], [Infinity]);
    assert.deepStrictEqual(same, answer);
  });
});

describe('an argument that does not fit', () => {
  const refuses = (field, call) => assert.rejects(call, (error) => {
    assert.ok(error instanceof MetricError, String(error.stack));
    assert.deepEqual([error.kind, error.reason.val.field], ['invalid-argument', field], error.message);
    return true;
  });

  test('is refused by its name, and nothing is dropped or wrapped', async () => {
    const one = new MetricService({ address: NOBODY });
    await refuses('quantiles', one.summarize(mem, [NaN]));
    await refuses('quantiles', one.summarize(mem, ['0.5']));
    await refuses('ranking.by', one.rank(mem, { score: { tag: 'avg' }, by: 'max' }));
    await refuses('ranking.k', one.rank(mem, { score: { tag: 'avg' }, k: 2 ** 32 + 5 }));
    await refuses('ranking.score', one.rank(mem, { score: 'avg' }));
    await refuses('ranking.score', one.rank(mem, { score: { tag: 'quantile', val: Infinity } }));
    await refuses('detection.strategy', one.findAnomalies(mem, { strategy: 'magic' }));
    await refuses('detection.sensitivity', one.findAnomalies(mem, { sensitivity: 3 }));
    await refuses('tolerance.sensitivity', one.findAnomalies(mem, { tolerance: { sensitivity: '3' } }));
    await refuses('tolerance.min-points', one.findOutliers(mem, 'kernel-id', { minPoints: -1 }));
    await refuses('member', one.findOutliers(mem, 'kernel_id'));
    await refuses('source', one.values('kernel-id'));
    await refuses('source', one.values({ tag: 'dimension', val: 'job' }));
    await refuses('labels.projectID', one.values({ tag: 'label', val: 'job' }, { labels: { projectID: 'x' } }));
    await refuses('filter.limit', one.values({ tag: 'label', val: 'job' }, { limit: -1 }));
  });

  test('is refused at both classes alike', async () => {
    for (const Class of [MetricService, MetricClient]) {
      const one = new Class({ address: NOBODY });
      await refuses('by', one.queryLiveStats('kernel', ['a']));
      await refuses('ids', one.queryLiveStats('kernel-id', 'a'));
      await refuses('options.windows', one.queryLiveStats('kernel-id', ['a'], { windows: 5 }));
      await refuses('options.at', one.queryLiveStats('kernel-id', ['a'], { at: Date.parse(END) / 1000 }));
      await refuses('options.at', one.queryLiveStats('kernel-id', ['a'], { at: new Date(NaN) }));
      await refuses('preset.labels', one.checkPreset({ template: 'm', labels: [] }));
      await refuses('preset', one.checkPreset('m{${{labels}}}'));
      await refuses('arguments.filters.a', one.renderPreset(preset, { filters: { a: 5 } }));
      await refuses('arguments.filters', one.renderPreset(preset, { filters: [['a', 'b']] }));
      await refuses('at', one.executePreset(preset, {}, 1.5e12 + 0.5));
      const question = { subject: 'kernel_id', subjects: ['a'], combine: 'max' };
      await refuses('combine', one.evaluate(preset, { ...question, combine: 'median' }));
      await refuses('threshold', one.evaluate(preset, { ...question, threshold: 5 }));
      await refuses('condition.bound', one.evaluate(preset, { ...question, condition: { bound: { tag: 'above', val: NaN } } }));
      await refuses('runs', one.executePresetBatch({ preset }));
      await refuses('when', one.executePresetBatch([{ preset, when: at }]));
      await refuses('preset', one.executePresetBatch([{ preset: 'm' }]));
      await refuses('range.until', one.executePresetBatch([{ preset, range: { start: START, end: END, until: END } }]));
      await refuses('at', one.executePresetBatch([{ preset, at: Date.parse(END) / 1000 }]));
      const byMetric = { ...question, metricName: 'mem', labels: {}, subject: 'kernel-id' };
      await refuses('subject', one.evaluateMetric({ ...byMetric, subject: 'kernel_id' }));
      await refuses('labels.project', one.evaluateMetric({ ...byMetric, labels: { project: 'a' } }));
      await refuses('group-by', one.evaluateMetric({ ...byMetric, groupBy: ['agent_id'] }));
      await refuses('pointwise.statistic', one.evaluateMetric({ ...byMetric, pointwise: { statistic: { tag: 'quantile', val: NaN }, over: { tag: 'time' } } }));
      await refuses('arguments', one.evaluateMetric({ ...byMetric, arguments: {} }));
      await refuses('condition.for', one.evaluate(preset, { ...question, condition: { bound: { tag: 'above', val: 5 }, for: 60 } }));
    }
  });
});
