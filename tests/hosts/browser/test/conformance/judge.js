// The browser's side of the conformance tests, bundled with the codec and put into an empty page: the same doors
// and the same judgement as in Node, on the codec as Chromium runs it.

import { MetricClient } from '../../../node/src/browser.ts';
import { codec } from '../../../node/src/codec.ts';
import { differences } from '../../../node/test/conformance/expectation.js';
import { asking, json, typed, verbatim } from '../../../node/test/conformance/door-kinds.js';
import { playAt } from '../../../node/test/conformance/runner.js';

const component = await (await codec()).call((exports) => exports);
const PURE = [typed('codec', component.codec), json('json-codec', component.jsonCodec)];
const TEXTS = [verbatim('json-codec', component.jsonCodec)];
const FETCH = asking('codec, through fetch', (config) => new MetricClient(config));

/** Plays a case without I/O; gives the problems. */
globalThis.judge = async (one) => {
  const problems = [];
  for (const door of one.call === 'json-codec' ? TEXTS : PURE) problems.push(...(await playAt(door, one)).problems.map((problem) => `${door.name}: ${problem}`));
  return problems;
};

/** Plays a case with I/O; the scripted Prometheus stands outside of the page. */
globalThis.judgeFetch = async (one) => {
  const outside = { start: (answers) => globalThis.startPrometheus(answers), stop: () => globalThis.stopPrometheus() };
  return (await playAt(FETCH, one, outside)).problems;
};

/** An answer that is wrong has to be found out here too. */
globalThis.findsOut = (expect, answer) => differences(expect, answer).length > 0;

/** Asks for a large answer; gives how many points came, and the longest that the page stood still, in milliseconds. */
globalThis.askForMuch = async (series) => {
  const start = Date.parse('2026-01-05T00:00:00Z') / 1000;
  const values = Array.from({ length: 10_000 }, (_, at) => [start + 60 * at, '1234.5678901234567']);
  const result = Array.from({ length: series }, (_, of) => ({ metric: { kernel_id: `k${String(of).padStart(4, '0')}` }, values }));
  const body = new Blob([JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })]);
  await body.slice(0, 1).text();
  const client = new MetricClient({ address: 'prometheus.example:9090' }, { fetch: async () => new Response(body) });
  let [longest, last] = [0, performance.now()];
  const tick = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const ticker = setInterval(tick, 5);
  const whole = await client.queryMetric({ metricName: 'mem', start: start * 1000, end: (start + 60 * 9_999) * 1000, step: 60 });
  tick();
  clearInterval(ticker);
  return { points: whole.series.reduce((sum, one) => sum + one.values.length, 0), longest };
};

/** Live stats, presets and verdicts, through `fetch`; in forms that can leave the page. */
globalThis.decide = async (address, kernels, time) => {
  const client = new MetricClient({ address, sampleInterval: 30 });
  const at = new Date(time);
  const template = 'sum by (${{group_by}})(backendai_container_utilization{container_metric_name="mem",value_type="current",${{labels}}})';
  const asked = { filters: { kernel_id: kernels }, groupBy: ['kernel_id'] };
  const numbers = ({ series }) => series.map(({ labels, values }) => [Object.fromEntries(labels).kernel_id, [...values]]);
  const { subjects, missing } = await client.queryLiveStats('kernel-id', [...kernels, 'gone'], { at, metrics: ['mem'] });
  const condition = { bound: { tag: 'above', val: 1 }, lasting: 300 };
  const judgements = await client.evaluate({ template }, { subject: 'kernel_id', subjects: [...kernels, 'gone'], combine: 'max', at, condition });
  return {
    live: subjects.map(({ id, stats: [{ current }] }) => [id, [current]]),
    missing,
    placeholders: (await client.checkPreset({ template })).placeholders.map(({ placeholder }) => placeholder),
    promql: await client.renderPreset({ template }, asked),
    instant: numbers(await client.executePreset({ template }, asked, at)),
    range: numbers(await client.executePreset({ template }, asked, { start: new Date(time - 3_600_000), end: at, step: 600 })),
    judgements: judgements.map(({ subject, verdict, decision }) => [subject, verdict, decision ?? null]),
    refused: await client.checkPreset({ template: 'm{a="${{labels}}"}' }).catch(({ reason }) => reason.val.field),
  };
};

/** What comes of whole ranges, and the values of a menu, in plain words. */
globalThis.sumUp = async (address, start, end) => {
  const client = new MetricClient({ address, sampleInterval: 30 });
  const query = { metricName: 'mem', start, end, step: 60, labels: { valueType: 'current' }, groupBy: ['kernel-id'] };
  const kernel = ({ labels }) => Object.fromEntries(labels).kernel_id;
  const { summaries, totalUnit } = await client.summarize(query, [0.5], { interval: 3600 });
  const ranked = await client.rank(query, { score: { tag: 'max' }, k: 1, others: true });
  const later = { ...query, start: new Date(Date.parse(end) - 3_600_000) };
  const { watched } = await client.findAnomalies(later, { strategy: 'robust', lookback: 3600, tolerance: { sensitivity: 2, minPoints: 1 } });
  const outliers = await client.findOutliers(query, 'kernel-id', { sensitivity: 2 });
  const cpu = await client.summarize({ ...query, metricName: 'cpu_util' });
  return {
    totalUnit,
    peaks: summaries.map((one) => [kernel(one), one.max]),
    best: [kernel(ranked.answer.answer.series[0]), ranked.scores[0], ranked.groups],
    watched: watched.map(({ values, lower }) => [values.length, lower.length]),
    anomalies: watched.flatMap(({ anomalies }) => anomalies.map(({ score }) => score)),
    outliers: outliers.watched.map(({ learnt }) => learnt),
    worked: [cpu.totalUnit, cpu.summaries.map(({ total }) => total)],
    values: (await client.values({ tag: 'dimension', val: 'kernel-id' })).values,
  };
};
