// Insight and decisions, typed. Checked by the tests against the package's types.

import { MetricClient, MetricService, type Condition, type Detection, type Judgement, type MetricQuery, type Preset, type Question, type Ranking, type Watched } from 'metric-service-node';

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
// The codec has these too, in browsers as well.
for (const one of [service, new MetricClient({ address: '127.0.0.1:9090' })]) {
  const judgements: Judgement[] = await one.evaluate(preset, question);
  const decided: boolean | undefined = judgements[0]?.decision;
  const { subjects } = await one.queryLiveStats('session-id', values, { metrics: ['mem'], at: Date.now() });
  const current: number | undefined = subjects[0]?.stats[0]?.current;
  console.log(decided, current, (await one.checkPreset(preset)).placeholders, await one.renderPreset(preset), (await one.executePreset(preset)).series.length);
}
console.log((await service.executePresetRange(preset, {}, { start: '2026-01-05', end: new Date(), step: 60 })).answer.step);
