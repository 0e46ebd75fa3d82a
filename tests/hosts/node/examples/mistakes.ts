// What the compiler has to refuse. Each line that it lets through is an error of its own (TS2578).

import { MetricClient, MetricService, type DerivedQuery, type Family, type MetricQuery, type MetricQuestion, type Question, type Ranking } from 'metric-service-node';

// @ts-expect-error An address is needed.
new MetricClient({});
// @ts-expect-error There is no such schema.
new MetricService({ address: 'x', labelSchema: 'agents' });
// @ts-expect-error A query has an end.
const unfinished: MetricQuery = { metricName: 'mem', start: '0' };
// @ts-expect-error There is no such dimension.
const grouped: MetricQuery = { metricName: 'mem', start: '0', end: '1', groupBy: ['kernel_id'] };
const misspelled = { projectID: '7c6d' };
// @ts-expect-error There is no such filter.
const everything: MetricQuery = { metricName: 'mem', start: '0', end: '1', labels: misspelled };
// @ts-expect-error Columns of milliseconds are 64-bit integers.
const first: number | undefined = (await new MetricService({ address: 'x' }).queryMetric(grouped)).series[0]?.timestamps[0];
// @ts-expect-error A ranking is by something.
const ranking: Ranking = { k: 5 };
// @ts-expect-error There is no such score.
await new MetricService({ address: 'x' }).rank(grouped, { score: { tag: 'median' } });
// @ts-expect-error A quantile is of a part.
await new MetricService({ address: 'x' }).rank(grouped, { score: { tag: 'quantile' } });
// @ts-expect-error There is no such strategy.
await new MetricService({ address: 'x' }).findAnomalies(grouped, { strategy: 'magic' });
// @ts-expect-error A label has to be called one.
await new MetricService({ address: 'x' }).values('job');
// @ts-expect-error It has to be said how several series become one number.
const question: Question = { subject: 'kernel_id', subjects: [] };
// @ts-expect-error The codec sends one request for a range of a preset, which takes no options.
await new MetricClient({ address: 'x' }).executePresetRange({ template: 'm' }, {}, { start: '0', end: '1' });
// @ts-expect-error There is no such kind.
const family: Family = { name: 'f', kind: 'level' };
// @ts-expect-error A side says whose query it is.
const derived: DerivedQuery = { sides: [grouped], derivation: { tag: 'ratio' } };
// @ts-expect-error A dimension is written with `-`.
const byMetric: MetricQuestion = { metricName: 'mem', labels: {}, subject: 'kernel_id', subjects: [], combine: 'max' };
// @ts-expect-error The codec sends one request for each, which is not cut.
await new MetricClient({ address: 'x' }).executePresetBatch([], { interval: 3600 });
console.log(unfinished, everything, first, ranking, question, family, derived, byMetric);
