// Every verb against a real Prometheus, at each door; what they say is held to each other and to what
// Prometheus says itself when it is asked without us.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { codec, jsonCodec } from '../dist/codec.js';
import { MetricClient, MetricError, MetricService, milliseconds } from '../dist/index.js';
import { json } from '../dist/service.js';
import { END, START, startPrometheus } from './prometheus.js';
import { check } from './schema.js';

/** Where nothing listens: the discard port. */
const NOBODY = '127.0.0.1:9';

let prometheus;
before(async () => {
  prometheus = await startPrometheus();
});
after(() => prometheus?.stop());

/** The same query in each door's own words. */
const mem = { metricName: 'mem', start: START, end: END, step: 60, labels: { valueType: 'current' }, groupBy: ['kernel-id'] };
const memDocument = { metric_name: 'mem', start: START, end: END, step: 60, labels: { value_type: 'current' }, group_by: ['kernel_id'] };

/** Numbers to the bit: `deepStrictEqual` tells -0 from 0, and NaN equals itself. */
const columns = ({ series }) => series.map(({ labels, timestamps, values }) => ({
  labels: Array.isArray(labels) ? Object.fromEntries(labels) : labels,
  timestamps: Array.from(timestamps, Number),
  values: Array.from(values),
}));

/** The codec's JSON door with `fetch`. */
async function throughFetch(verb, document) {
  const { result: request } = checked(jsonCodec.call(`${verb}-request`, JSON.stringify(document), ''), 'http_request_answer');
  const response = await fetch(`${request.scheme}://${request.authority}${request.path_with_query}`, {
    method: request.method,
    headers: request.headers,
    ...(request.method === 'post' && { body: request.body }),
  });
  const text = jsonCodec.call(`${verb}-response`, JSON.stringify({ ...document, status: response.status }), await response.text());
  return checked(text, `${verb}_answer`).result;
}

function checked(text, definition) {
  const answer = JSON.parse(text);
  check(definition, answer);
  return answer;
}

describe('a query', () => {
  test('has the same series to the last bit at all four doors, and as Prometheus gives them', async () => {
    const { address } = prometheus;
    const config = { address };
    const ours = new MetricService(config).queryMetric(mem);
    const document = { config, query: memDocument };
    check('request', document);
    const text = checked(json.call('query-metric', JSON.stringify(document)), 'metric_answer').result;
    assert.equal(ours.unit, 'bytes');
    assert.equal(ours.metricType, 'gauge');
    assert.ok(ours.series.length >= 10, `${ours.series.length} series`);
    assert.deepStrictEqual(columns(await new MetricClient(config).queryMetric(mem)), columns(ours));
    assert.deepStrictEqual(columns(text), columns(ours));
    assert.deepStrictEqual(columns(await throughFetch('metric', document)), columns(ours));

    const form = new URLSearchParams({ query: ours.promql, start: Date.parse(START) / 1000, end: Date.parse(END) / 1000, step: 60 });
    const { data } = await (await fetch(`http://${address}/api/v1/query_range`, { method: 'POST', body: form })).json();
    const theirs = data.result.map(({ metric, values }) => ({
      labels: metric,
      timestamps: values.map(([seconds]) => Math.round(seconds * 1000)),
      values: values.map(([, value]) => Number(value)),
    }));
    assert.deepStrictEqual(columns(ours), theirs);
  });

  test('takes and gives times as JavaScript has them', () => {
    const service = new MetricService({ address: prometheus.address });
    const { start, series } = service.queryMetric({ ...mem, start: new Date(START), end: new Date(END) });
    assert.equal(Number(start), Date.parse(START));
    assert.deepEqual(columns({ series }), columns(service.queryMetric(mem)));
    const times = milliseconds(series[0]);
    assert.equal(new Date(times[0]).toISOString().slice(0, 10), '2026-01-05');
    assert.ok(times.every((time, at) => time % 60_000 === 0 && (at === 0 || time > times[at - 1])));
  });

  test('keeps gaps as gaps: where a kernel lost its samples there are no points', () => {
    const { series } = new MetricService({ address: prometheus.address }).queryMetric(mem);
    const widest = series.map((one) => Math.max(...milliseconds(one).map((time, at, all) => (at ? time - all[at - 1] : 0))));
    // The data set has kernels without samples for 20 minutes; Prometheus repeats the last for five.
    assert.ok(widest.some((gap) => gap >= 10 * 60_000), `widest gaps: ${widest}`);
    assert.ok(widest.some((gap) => gap === 60_000));
  });

  test('of traffic is read as a rate, and counts in what it is filtered on', () => {
    const service = new MetricService({ address: prometheus.address });
    const agents = service.queryMetric({ metricName: 'net_rx', start: START, end: END, step: 300, groupBy: ['agent-id'] });
    assert.equal(agents.metricType, 'rate');
    assert.equal(agents.unit, 'bytes/s');
    const [agent] = agents.series;
    const agentId = Object.fromEntries(agent.labels).agent_id;
    const alone = service.queryMetric({ metricName: 'net_rx', start: START, end: END, step: 300, labels: { agentId } });
    assert.equal(alone.series.length, agents.series.filter(({ labels }) => Object.fromEntries(labels).agent_id === agentId).length);
    assert.deepEqual(alone.series[0].values, agent.values);
  });

  test('for a metric that does not exist is an empty result', async () => {
    const nothing = { metricName: 'never_seen', start: START, end: END };
    assert.deepEqual(new MetricService({ address: prometheus.address }).queryMetric(nothing).series, []);
    assert.deepEqual((await new MetricClient({ address: prometheus.address }).queryMetric(nothing)).series, []);
  });
});

describe('metadata', () => {
  test('names the metrics with their units, the same at all four doors', async () => {
    const config = { address: prometheus.address };
    const ours = new MetricService(config).queryMetadata();
    assert.equal(ours.partial, false);
    const names = ours.metrics.map(({ name }) => name);
    for (const name of ['cpu_util', 'mem', 'net_rx']) assert.ok(names.includes(name), `${name} in ${names}`);
    assert.equal(ours.metrics.find(({ name }) => name === 'net_rx').catalogue.rateUnit, 'bytes/s');
    assert.deepStrictEqual(await new MetricClient(config).queryMetadata(), ours);
    const text = checked(json.call('query-metadata', JSON.stringify({ config })), 'metadata_answer').result;
    assert.deepEqual(text.metrics.map(({ name, unit, value_types }) => [name, unit, value_types]),
      ours.metrics.map(({ name, catalogue }) => [name, catalogue?.unit ?? null, catalogue?.valueTypes ?? null]));
    assert.deepStrictEqual(await throughFetch('metadata', { config }), text);
  });
});

describe('without a word to Prometheus', () => {
  test('PromQL is built, and types are detected', () => {
    const config = { address: NOBODY, labelSchema: 'agent' };
    const query = { metricName: 'cpu_util', start: '0', end: '60', labels: { valueType: 'current', userId: 'a"b' } };
    const expected = 'sum by (user_id,value_type)(rate(backendai_container_utilization{container_metric_name="cpu_util",value_type="current",user_id="a\\"b"}[1m30s]))';
    for (const one of [new MetricService(config), new MetricClient(config)]) {
      assert.match(one.buildPromql(query), /^sum by \(user_id,value_type\)\(rate\(.*user_id="a\\"b"\}\[\w+\]\)\)$/);
      assert.equal(one.buildPromql({ ...query, step: 75 }), expected);
      assert.equal(one.detectMetricType('cpu_util', 'current'), 'diff');
      assert.equal(one.detectMetricType('net_tx'), 'rate');
      assert.equal(one.detectMetricType('mem'), 'gauge');
    }
  });

  test('what a caller did wrong is told with what would be right', async () => {
    const query = { metricName: 'mem', start: 'soon', end: '60' };
    const isTime = (error) => error instanceof MetricError && error.kind === 'invalid-time-range' && error.message.includes('soon') && error.reason.val.accepted !== '';
    assert.throws(() => new MetricService({ address: NOBODY }).queryMetric(query), isTime);
    await assert.rejects(new MetricClient({ address: NOBODY }).queryMetric(query), isTime);
    const { error } = checked(json.call('query-metric', '{"config":{"address":"x","colour":1}}'), 'metric_answer');
    assert.equal(error.type, 'invalid_argument');
    assert.match(error.reason, /colour/);
  });
});

describe('where Prometheus does not answer', () => {
  test('nobody listening is told as such at all doors', async () => {
    const config = { address: NOBODY, timeout: 3000 };
    const isRefused = (error) => error instanceof MetricError && error.kind === 'connection-failed' && error.message !== '';
    assert.throws(() => new MetricService(config).queryMetadata(), isRefused);
    await assert.rejects(new MetricClient(config).queryMetadata(), isRefused);
    assert.equal(checked(json.call('query-metadata', JSON.stringify({ config })), 'metadata_answer').error.type, 'connection_failed');
  });

  test('a caller may give up, and learns of it by its own reason', async () => {
    const client = new MetricClient({ address: prometheus.address });
    const reason = new Error('the user closed the page');
    await assert.rejects(client.queryMetric(mem, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  });

  test('credentials are added outside of the component', async () => {
    const seen = [];
    const authorised = (url, init) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', 'Bearer token');
      seen.push(headers.get('authorization'));
      return fetch(url, { ...init, headers });
    };
    await new MetricClient({ address: prometheus.address }, { fetch: authorised }).queryMetadata();
    assert.deepEqual(seen, ['Bearer token']);
  });
});

describe('a filter', () => {
  test('is one value, or any of several', async () => {
    const client = new MetricClient({ address: prometheus.address });
    const { series } = await client.queryMetric(mem);
    const [first, second] = series.map(({ labels }) => Object.fromEntries(labels).kernel_id);
    const kernels = async (kernelId) => (await client.queryMetric({ ...mem, labels: { kernelId, valueType: 'current' } })).series.map(({ labels }) => Object.fromEntries(labels).kernel_id);
    assert.deepEqual(await kernels(first), [first]);
    assert.deepEqual(await kernels([second, first]), [first, second]);
    assert.deepEqual((await kernels([])).length, series.length);
  });

  test('that there is not is refused: the answer would be about everything', () => {
    const query = { ...mem, labels: { projectID: '7c6d' } };
    assert.throws(() => new MetricClient({ address: NOBODY }).buildPromql(query), (error) => error instanceof MetricError && error.reason.val.field === 'labels.projectID');
  });
});

describe('a statistic', () => {
  test('over time is the greatest of the samples that Prometheus holds, in local days too', () => {
    const service = new MetricService({ address: prometheus.address, sampleInterval: 30 });
    const pointwise = { statistic: { tag: 'max' }, over: { tag: 'time' } };
    const hourly = service.queryMetric({ ...mem, step: 3600, pointwise });
    assert.match(hourly.promql, /max_over_time/);
    const all = service.queryMetric({ ...mem, step: 30 });
    const greatest = Math.max(...all.series[0].values.filter((_, at) => at > 0 && Number(all.series[0].timestamps[at]) <= Date.parse(START) + 3_600_000));
    assert.equal(hourly.series[0].values[0], greatest);
    const shifted = service.queryMetric({ ...mem, step: 3600, utcOffset: 1800, pointwise });
    assert.equal(Number(shifted.start) % 3_600_000, 1_800_000);
  });

  test('ends with the present: the time of day is the clock\'s unless it is given', async () => {
    const query = { ...mem, step: 600, pointwise: { statistic: { tag: 'max' }, over: { tag: 'time' } }, end: new Date(Date.now() + 86_400_000), start: new Date(Date.now() - 3_600_000) };
    const config = { address: prometheus.address };
    for (const { end } of [new MetricService(config).queryMetric(query), await new MetricClient(config).queryMetric(query)]) assert.ok(Number(end) <= Date.now());
    const now = new Date('2026-01-05T01:05:00Z');
    const { end } = new MetricService({ ...config, now }).queryMetric({ ...query, start: START, end: END });
    assert.equal(Number(end), Date.parse('2026-01-05T01:00:00Z'));
  });
});

describe('ranges', () => {
  test('in chunks have the series of one request', () => {
    const service = new MetricService({ address: prometheus.address });
    const { answer, missing } = service.queryRange(mem, { interval: 3600, cached: true });
    assert.deepEqual(missing, []);
    assert.deepStrictEqual(columns(answer), columns(service.queryMetric(mem)));
  });

  test('in a batch fail each for itself, and a range says which chunk', () => {
    const service = new MetricService({ address: prometheus.address });
    const [good, bad] = service.queryBatch([mem, { ...mem, step: 0 }]);
    assert.deepStrictEqual(columns(good.answer), columns(service.queryMetric(mem)));
    assert.ok(bad instanceof MetricError && bad.kind === 'invalid-argument' && bad.chunk === undefined);
    assert.throws(() => new MetricService({ address: NOBODY }).queryRange(mem), (error) => error.kind === 'connection-failed' && Number(error.chunk.start) === Date.parse(START));
  });
});

describe('a server that did not see all data', () => {
  const partial = '{"status":"success","warnings":["a store is down"],"data":{"resultType":"matrix","result":[]}}';
  const answering = { fetch: async () => new Response(partial) };
  const query = { metricName: 'mem', start: START, end: END };

  test('is an error, unless that is accepted; then the answer says so', async () => {
    const refused = new MetricClient({ address: 'x:1' }, answering).queryMetric(query);
    await assert.rejects(refused, (error) => error instanceof MetricError && error.kind === 'partial-answer' && error.message.includes('a store is down'));
    const answer = await new MetricClient({ address: 'x:1', partial: true }, answering).queryMetric(query);
    assert.equal(answer.partial, true);
  });
});

test('a verb that there is not is told with those there are', () => {
  const { error } = checked(json.call('query-everything', '{}'), 'answer');
  assert.equal(error.type, 'invalid_argument');
  assert.match(error.reason, /query-batch/);
});

test('the codec component has no service, and says of a refusal what Prometheus said', () => {
  const config = { address: 'x:1', labelSchema: 'documented', method: 'auto', backend: 'auto', partial: false };
  const refusal = '{"status":"error","errorType":"bad_data","error":"parse error"}';
  assert.throws(() => codec.metadataResponse(config, 400, refusal), ({ payload }) => {
    assert.deepEqual(payload, { tag: 'failed-to-get-metric', val: { status: 400, errorType: 'bad_data', message: 'parse error' } });
    return true;
  });
});
