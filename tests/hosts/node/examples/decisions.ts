// Insight and decisions, typed. Checked by the tests against the package's types.

import { MetricClient, MetricError, MetricService, type Condition, type DerivedQuery, type Detection, type Family, type FamilyQuery, type Judgement, type MetricQuery, type MetricQuestion, type Preset, type Question, type Ranking, type Run, type Watched } from 'metric-service-node';

const service = new MetricService({ address: process.argv[2] ?? '127.0.0.1:9090' });
const query: MetricQuery = { metricName: 'mem', start: Date.now() - 3_600_000, end: new Date(), groupBy: ['kernel-id'], labels: { valueType: 'current' } };

const { summaries, totalUnit } = await service.summarize(query, [0.5, 0.99], { concurrency: 4 }, { timeout: 10_000 });
for (const { labels, quantiles, total } of summaries) console.log(labels, quantiles[1], total?.toFixed(0), totalUnit);

const ranking: Ranking = { score: { tag: 'quantile', val: 0.95 }, k: 3, lowest: undefined };
const ranked = await service.rank(query, ranking);
const others: Float64Array | undefined = ranked.others?.values;
console.log(ranked.scores[0], ranked.scoreUnit, others?.length);

const detection: Detection = { strategy: 'seasonal', tolerance: { sensitivity: 4, direction: 'above' }, season: undefined };
const { watched } = await service.findAnomalies(query, detection);
const score = ({ anomalies }: Watched): number | undefined => anomalies[0]?.score;
console.log(watched.map(score), await service.findOutliers(query, 'kernel-id', {}, { cached: true }));

const { values, more } = await service.values({ tag: 'dimension', val: 'session-id' }, { metricName: 'mem', end: undefined, limit: 10 });
console.log(values, more);

const preset: Preset = { template: 'sum by (${{group_by}})(rate(requests_total{${{labels}}}[${{window}}]))', requiredLabels: ['job'] };
const condition: Condition = { bound: { tag: 'above', val: 100 }, lasting: 300 };
const question: Question = { subject: 'session_id', subjects: values, combine: 'sum', at: new Date(), condition, arguments: { filters: { job: 'api', zone: ['a', 'b'] }, window: '5m' } };
const byMetric: MetricQuestion = { metricName: 'cpu_util', labels: { valueType: 'current' }, groupBy: ['kernel-id'], subject: 'session-id', subjects: values, combine: 'sum', condition };
const runs: Run[] = [{ preset, arguments: { filters: { job: 'api' } } }, { preset, range: { start: '2026-01-05', end: new Date() }, at: undefined }];
const power: Family = { name: 'node_power_watts', kind: 'gauge', unit: 'watts', formerNames: ['power_watts'], labels: ['agent_id'] };
const drawn: FamilyQuery = { family: power, start: query.start, end: query.end, groupBy: ['agent_id'], statistic: { tag: 'max' }, overTime: { statistic: { tag: 'avg' }, window: 3600 } };
// The codec has these too, in browsers as well.
for (const one of [service, new MetricClient({ address: '127.0.0.1:9090' })]) {
  const judgements: Judgement[] = await one.evaluate(preset, question);
  const decided: boolean | undefined = judgements[0]?.decision;
  const { subjects } = await one.queryLiveStats('session-id', values, { metrics: ['mem'], at: Date.now() });
  const current: number | undefined = subjects[0]?.stats[0]?.current;
  console.log(decided, current, (await one.checkPreset(preset)).placeholders, await one.renderPreset(preset), (await one.executePreset(preset)).series.length);
}
for (const one of [service, new MetricClient({ address: '127.0.0.1:9090' })]) {
  const [first, verdict]: [unknown, boolean | undefined] = [(await one.executePresetBatch(runs))[0], (await one.evaluateMetric(byMetric))[0]?.decision];
  if (first instanceof MetricError) console.log(first.kind, verdict);
  await one.checkFamilies([power]);
  console.log(await one.buildFamilyPromql(drawn));
}
for (const answer of await service.executePresetBatch(runs, { concurrency: 4 })) {
  if (!(answer instanceof MetricError)) console.log(answer.tag === 'instant' ? answer.val.promql : answer.val.missing.length);
}
const perWatt: DerivedQuery = { sides: [{ tag: 'metric', val: query }, { tag: 'family', val: drawn }], derivation: { tag: 'ratio' } };
const { answer: ratio, missingSides } = await service.queryDerived(perWatt, { interval: 3600 });
const gaps: bigint = missingSides;
console.log(ratio.answer.unit, gaps, (await service.queryFamily(drawn)).missing, (await service.queryFamilies([drawn]))[0] instanceof MetricError);
console.log((await new MetricClient({ address: '127.0.0.1:9090' }).queryFamily(drawn)).series.length);
console.log((await service.executePresetRange(preset, {}, { start: '2026-01-05', end: new Date(), step: 60 })).answer.step);
