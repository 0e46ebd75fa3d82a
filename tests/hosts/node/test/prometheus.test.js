// Every verb against a real Prometheus, at each door; what they say is held to each other and to what
// Prometheus says itself when it is asked without us.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { MetricClient, MetricError, MetricService, milliseconds } from '../dist/index.js';
import { codec as component } from './components.js';
import { END, START, startPrometheus } from './prometheus.js';
import { check } from './schema.js';

const { codec, jsonCodec } = component;

/** Where nothing listens. Not the discard port: `fetch` refuses to go there at all. */
const NOBODY = '127.0.0.1:1024';

let prometheus;
before(async () => {
  prometheus = await startPrometheus();
});
after(() => prometheus?.stop());

/** The same query in each door's own words. */
const mem = { metricName: 'mem', start: START, end: END, step: 60, labels: { valueType: 'current' }, groupBy: ['kernel-id'] };
const memDocument = { metric_name: 'mem', start: START, end: END, step: 60, labels: { value_type: 'current' }, group_by: ['kernel_id'] };

/** The JSON interface of the service. */
const callText = (verb, text) => new MetricService({ address: NOBODY }).callText(verb, text);

const isStep = (error) => error instanceof MetricError && error.kind === 'invalid-argument' && error.reason.val.field === 'step';

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
    const ours = await new MetricService(config).queryMetric(mem);
    const document = { config, query: memDocument };
    check('request', document);
    const text = checked(await callText('query-metric', JSON.stringify(document)), 'metric_answer').result;
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

  test('takes and gives times as JavaScript has them', async () => {
    const service = new MetricService({ address: prometheus.address });
    const { start, series } = await service.queryMetric({ ...mem, start: new Date(START), end: new Date(END) });
    assert.equal(Number(start), Date.parse(START));
    assert.deepEqual(columns({ series }), columns(await service.queryMetric(mem)));
    const times = milliseconds(series[0]);
    assert.equal(new Date(times[0]).toISOString().slice(0, 10), '2026-01-05');
    assert.ok(times.every((time, at) => time % 60_000 === 0 && (at === 0 || time > times[at - 1])));
  });

  test('keeps gaps as gaps: where a kernel lost its samples there are no points', async () => {
    const { series } = await new MetricService({ address: prometheus.address }).queryMetric(mem);
    const widest = series.map((one) => Math.max(...milliseconds(one).map((time, at, all) => (at ? time - all[at - 1] : 0))));
    // The data set has kernels without samples for 20 minutes; Prometheus repeats the last for five.
    assert.ok(widest.some((gap) => gap >= 10 * 60_000), `widest gaps: ${widest}`);
    assert.ok(widest.some((gap) => gap === 60_000));
  });

  test('of traffic is read as a rate, and counts in what it is filtered on', async () => {
    const service = new MetricService({ address: prometheus.address });
    const agents = await service.queryMetric({ metricName: 'net_rx', start: START, end: END, step: 300, groupBy: ['agent-id'] });
    assert.equal(agents.metricType, 'rate');
    assert.equal(agents.unit, 'bytes/s');
    const [agent] = agents.series;
    const agentId = Object.fromEntries(agent.labels).agent_id;
    const alone = await service.queryMetric({ metricName: 'net_rx', start: START, end: END, step: 300, labels: { agentId } });
    assert.equal(alone.series.length, agents.series.filter(({ labels }) => Object.fromEntries(labels).agent_id === agentId).length);
    assert.deepEqual(alone.series[0].values, agent.values);
  });

  test('for a metric that does not exist is an empty result', async () => {
    const nothing = { metricName: 'never_seen', start: START, end: END };
    assert.deepEqual((await new MetricService({ address: prometheus.address }).queryMetric(nothing)).series, []);
    assert.deepEqual((await new MetricClient({ address: prometheus.address }).queryMetric(nothing)).series, []);
  });
});

describe('metadata', () => {
  test('names the metrics with their units, the same at all four doors', async () => {
    const config = { address: prometheus.address };
    const ours = await new MetricService(config).queryMetadata();
    assert.equal(ours.partial, false);
    const names = ours.metrics.map(({ name }) => name);
    for (const name of ['cpu_util', 'mem', 'net_rx']) assert.ok(names.includes(name), `${name} in ${names}`);
    assert.equal(ours.metrics.find(({ name }) => name === 'net_rx').catalogue.rateUnit, 'bytes/s');
    assert.deepStrictEqual(await new MetricClient(config).queryMetadata(), ours);
    const text = checked(await callText('query-metadata', JSON.stringify({ config })), 'metadata_answer').result;
    assert.deepEqual(text.metrics.map(({ name, unit, value_types }) => [name, unit, value_types]),
      ours.metrics.map(({ name, catalogue }) => [name, catalogue?.unit ?? null, catalogue?.valueTypes ?? null]));
    assert.deepStrictEqual(await throughFetch('metadata', { config }), text);
  });
});

describe('without a word to Prometheus', () => {
  test('PromQL is built, and types are detected', async () => {
    const config = { address: NOBODY, labelSchema: 'agent' };
    const query = { metricName: 'cpu_util', start: '0', end: '60', labels: { valueType: 'current', userId: 'a"b' } };
    const expected = 'sum by (user_id,value_type)(rate(backendai_container_utilization{container_metric_name="cpu_util",value_type="current",user_id="a\\"b"}[1m30s]))';
    for (const one of [new MetricService(config), new MetricClient(config)]) {
      assert.match(await one.buildPromql(query), /^sum by \(user_id,value_type\)\(rate\(.*user_id="a\\"b"\}\[\w+\]\)\)$/);
      assert.equal(await one.buildPromql({ ...query, step: 75 }), expected);
      assert.equal(await one.detectMetricType('cpu_util', 'current'), 'diff');
      assert.equal(await one.detectMetricType('net_tx'), 'rate');
      assert.equal(await one.detectMetricType('mem'), 'gauge');
    }
  });

  test('what a caller did wrong is told with what would be right', async () => {
    const query = { metricName: 'mem', start: 'soon', end: '60' };
    const isTime = (error) => error instanceof MetricError && error.kind === 'invalid-time-range' && error.message.includes('soon') && error.reason.val.accepted !== '';
    await assert.rejects(new MetricService({ address: NOBODY }).queryMetric(query), isTime);
    await assert.rejects(new MetricClient({ address: NOBODY }).queryMetric(query), isTime);
    const { error } = checked(await callText('query-metric', '{"config":{"address":"x","colour":1}}'), 'metric_answer');
    assert.equal(error.type, 'invalid_argument');
    assert.match(error.reason, /colour/);
  });
});

describe('where Prometheus does not answer', () => {
  test('nobody listening is told as such at all doors', async () => {
    const config = { address: NOBODY, timeout: 3000 };
    const isRefused = (error) => error instanceof MetricError && error.kind === 'connection-failed' && error.message !== '';
    await assert.rejects(new MetricService(config).queryMetadata(), isRefused);
    await assert.rejects(new MetricClient(config).queryMetadata(), isRefused);
    assert.equal(checked(await callText('query-metadata', JSON.stringify({ config })), 'metadata_answer').error.type, 'connection_failed');
  });

  test('a caller may give up, and learns of it by its own reason', async () => {
    const client = new MetricClient({ address: prometheus.address });
    const reason = new Error('the user closed the page');
    await assert.rejects(client.queryMetric(mem, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  });

  test('credentials are added outside of the component, and what it says to its host stays here', async () => {
    const seen = [];
    const authorised = (url, init) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', 'Bearer token');
      seen.push([...headers.keys()]);
      return fetch(url, { ...init, headers });
    };
    for (const Class of [MetricClient, MetricService]) {
      assert.ok((await new Class({ address: prometheus.address }, { fetch: authorised }).queryMetric(mem)).series.length > 0);
    }
    assert.equal(seen.length, 2);
    for (const headers of seen) assert.deepEqual(headers.filter((name) => name.startsWith('x-') || name === 'authorization'), ['authorization']);
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

  test('that there is not is refused: the answer would be about everything', async () => {
    const query = { ...mem, labels: { projectID: '7c6d' } };
    await assert.rejects(new MetricClient({ address: NOBODY }).buildPromql(query), (error) => error instanceof MetricError && error.reason.val.field === 'labels.projectID');
  });
});

describe('a statistic', () => {
  test('over time is the greatest of the samples that Prometheus holds, in local days too', async () => {
    const service = new MetricService({ address: prometheus.address, sampleInterval: 30 });
    const pointwise = { statistic: { tag: 'max' }, over: { tag: 'time' } };
    const hourly = await service.queryMetric({ ...mem, step: 3600, pointwise });
    assert.match(hourly.promql, /max_over_time/);
    const all = await service.queryMetric({ ...mem, step: 30 });
    const greatest = Math.max(...all.series[0].values.filter((_, at) => at > 0 && Number(all.series[0].timestamps[at]) <= Date.parse(START) + 3_600_000));
    assert.equal(hourly.series[0].values[0], greatest);
    const shifted = await service.queryMetric({ ...mem, step: 3600, utcOffset: 1800, pointwise });
    assert.equal(Number(shifted.start) % 3_600_000, 1_800_000);
  });

  test('ends with the present: the time of day is the clock\'s unless it is given', async () => {
    const query = { ...mem, step: 600, pointwise: { statistic: { tag: 'max' }, over: { tag: 'time' } }, end: new Date(Date.now() + 86_400_000), start: new Date(Date.now() - 3_600_000) };
    const config = { address: prometheus.address };
    for (const { end } of [await new MetricService(config).queryMetric(query), await new MetricClient(config).queryMetric(query)]) assert.ok(Number(end) <= Date.now());
    const now = new Date('2026-01-05T01:05:00Z');
    const { end } = await new MetricService({ ...config, now }).queryMetric({ ...query, start: START, end: END });
    assert.equal(Number(end), Date.parse('2026-01-05T01:00:00Z'));
  });
});

describe('ranges', () => {
  test('in chunks have the series of one request', async () => {
    const service = new MetricService({ address: prometheus.address });
    const { answer, missing } = await service.queryRange(mem, { interval: 3600, cached: true });
    assert.deepEqual(missing, []);
    assert.deepStrictEqual(columns(answer), columns(await service.queryMetric(mem)));
  });

  test('in a batch fail each for itself, and a range says which chunk', async () => {
    const service = new MetricService({ address: prometheus.address });
    const [good, bad] = await service.queryBatch([mem, { ...mem, step: 0 }]);
    assert.deepStrictEqual(columns(good.answer), columns(await service.queryMetric(mem)));
    assert.ok(bad instanceof MetricError && bad.kind === 'invalid-argument' && bad.chunk === undefined);
    await assert.rejects(new MetricService({ address: NOBODY }).queryRange(mem), (error) => error.kind === 'connection-failed' && Number(error.chunk.start) === Date.parse(START));
  });
});

describe('a range', () => {
  const ranges = () => new MetricService({ address: prometheus.address });
  const hourly = { interval: 3600, cached: true };

  test('is planned without a request, a chunk an hour', async () => {
    const { chunks, step } = await new MetricService({ address: NOBODY }).plan(mem, hourly);
    assert.equal(step, 60);
    assert.ok(chunks.length >= 4 && chunks.every(({ span }) => span.end - span.start <= 3_600_000n));
  });

  test('comes as a stream with the points of one request, and a loop that is left leaves nothing behind', async () => {
    const points = new Map();
    for await (const { series } of ranges().stream(mem, hourly)) {
      for (const { labels, timestamps, values } of series) {
        const of = points.get(JSON.stringify(labels)) ?? { timestamps: [], values: [] };
        points.set(JSON.stringify(labels), { timestamps: [...of.timestamps, ...timestamps], values: [...of.values, ...values] });
      }
    }
    const whole = (await ranges().queryMetric(mem)).series;
    assert.equal(points.size, whole.length);
    for (const { labels, timestamps, values } of whole) assert.deepStrictEqual(points.get(JSON.stringify(labels)), { timestamps: [...timestamps], values: [...values] });
    for await (const { series } of ranges().stream(mem, hourly)) {
      assert.ok(series.length > 0);
      break;
    }
    await assert.rejects(ranges().stream({ ...mem, step: 0 }).next(), isStep);
    const giveUp = new AbortController();
    const reason = new Error('enough');
    await assert.rejects(async () => {
      for await (const _ of ranges().stream(mem, hourly, { signal: giveUp.signal })) giveUp.abort(reason);
    }, (error) => error === reason);
  });

  test('comes in pages, each with the cursor of the next', async () => {
    let pages = 0;
    let points = 0;
    for (let cursor, more = true; more; pages += 1) {
      const { answer, next } = await ranges().queryPage(mem, hourly, cursor);
      points += answer.answer.series.reduce((sum, { values }) => sum + values.length, 0);
      cursor = next;
      more = next !== undefined;
    }
    assert.ok(pages >= 4, `${pages} pages`);
    assert.equal(points, (await ranges().queryMetric(mem)).series.reduce((sum, { values }) => sum + values.length, 0));
  });
});

describe('a verb by its name', () => {
  test('takes queries as everywhere, and answers as the schema has it', async () => {
    const service = new MetricService({ address: prometheus.address, backend: 'victoria-cluster' });
    const query = { ...mem, pointwise: { statistic: { tag: 'quantile', val: 0.5 }, over: { tag: 'members', val: 'kernel-id' } } };
    assert.equal(await service.call('build-promql', { query }), await service.buildPromql(query));
    assert.equal(await new MetricClient({ address: NOBODY }).call('build-promql', { query }), await service.buildPromql(query));
    assert.equal(await service.call('detect-metric-type', { metric_name: 'net_rx' }), 'rate');
    const { answer, missing } = await new MetricService({ address: prometheus.address }).call('query-range', { query: mem, options: { interval: 3600 } });
    assert.deepEqual(missing, []);
    assert.deepStrictEqual(columns(answer), columns(await new MetricService({ address: prometheus.address }).queryMetric(mem)));
  });

  test('fails as the typed verbs do', async () => {
    const service = new MetricService({ address: prometheus.address });
    await assert.rejects(service.call('query-metric', { query: { ...mem, step: 0 } }), isStep);
    await assert.rejects(service.call('query-range', { query: { ...mem, step: 0 } }), isStep);
    await assert.rejects(service.call('query-metric', { query: { ...mem, colour: 1 } }), (error) => error.reason.val.field === 'colour');
    await assert.rejects(service.call('query-metric', { query: mem, colour: 1 }), (error) => error.kind === 'invalid-argument' && error.message.includes('colour'));
    const tight = new MetricService({ address: prometheus.address, maxPoints: 2 });
    const [typed, named] = await Promise.all([tight.queryMetric(mem), tight.call('query-metric', { query: mem })].map((call) => call.catch((error) => error.reason)));
    assert.deepStrictEqual({ ...named.val, message: undefined }, { ...typed.val, message: undefined });
    assert.equal(named.tag, 'limit-exceeded');
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

test('a verb that there is not is told with those there are', async () => {
  const { error } = checked(await callText('query-everything', '{}'), 'answer');
  assert.equal(error.type, 'invalid_argument');
  assert.match(error.reason, /query-batch/);
});

test('the codec component has no service, and says of a refusal what Prometheus said', async () => {
  const config = { address: 'x:1', labelSchema: 'documented', method: 'auto', backend: 'auto', partial: false };
  const refusal = '{"status":"error","errorType":"bad_data","error":"parse error"}';
  assert.throws(() => codec.metadataResponse(config, 400, refusal), ({ payload }) => {
    assert.deepEqual(payload, { tag: 'failed-to-get-metric', val: { status: 400, errorType: 'bad_data', message: 'parse error' } });
    return true;
  });
});
