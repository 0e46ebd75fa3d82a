// What the compiler has to refuse. Each line that it lets through is an error of its own (TS2578).

import { MetricClient, MetricService, type MetricQuery } from 'metric-service-node';

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
console.log(unfinished, everything, first);
