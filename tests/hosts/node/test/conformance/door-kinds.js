// The kinds of door that there are into a component, each taking a case and giving the answer as JSON in the
// contract's own names. Knows how each kind writes the contract's records, and runs in a browser too.

import { asSent } from './sent.js';

/** @typedef {{name: string, answer(verb: string, input: object): unknown}} Door */

/** The verbs without I/O, with the generated types. @returns {Door} */
export const typed = (name, verbs) => ({
  name,
  answer: (verb, input) => outcome(() => {
    const config = whole(camel(input.config));
    const query = { ...camel(input.query), labels: listed(camel(input.query.labels)) };
    switch (verb) {
      case 'detect-metric-type': return verbs.detectMetricType(input['metric-name'], input['value-type'] ?? undefined);
      case 'build-promql': return verbs.buildPromql(config, query);
      case 'metadata-request': return request(kebab(verbs.metadataRequest(config)));
      case 'metric-request': return request(kebab(verbs.metricRequest(config, query)));
      case 'metadata-response': return verbs.metadataResponse(config, input.status, input.body);
      case 'metric-response': return verbs.metricResponse(config, query, input.status, input.body);
      default: throw new Error(`no verb ${verb}`);
    }
  }),
});

/** Called with what is to be held to the schema, and the definition's name. @typedef {(definition: string, document: unknown) => void} Check */

/** The same with JSON in and out. @param {Check} [check] @returns {Door} */
export const json = (name, codec, check = () => {}) => ({
  name,
  async answer(verb, input) {
    const document = verb === 'detect-metric-type'
      ? { metric_name: input['metric-name'], value_type: input['value-type'] }
      : { config: snake(input.config), query: snake(input.query), ...(verb.endsWith('-response') && { status: input.status }) };
    check('request', document);
    const answer = JSON.parse(await codec.call(verb, JSON.stringify(document), verb.endsWith('-response') ? input.body : ''));
    check(answerDefinition(verb), answer);
    return fromJson(verb, answer);
  },
});

/** JSON as the case writes it, in and out. @param {Check} [check] @returns {Door} */
export const verbatim = (name, component, check = () => {}) => ({
  name,
  async answer(_, { verb, request, body = '', config }) {
    const text = typeof request === 'string' ? request : JSON.stringify(request);
    const answer = JSON.parse(await component.call(verb, text.replaceAll('{prometheus}', config.address), body));
    check('answer', answer);
    return answer;
  },
});

/** The package's classes. @param {(config: object) => object} connect @returns {Door} */
export const asking = (name, connect) => ({
  name,
  async answer(verb, input) {
    try {
      const client = connect(camel(input.config));
      return { result: kebab(await (verb === 'query-metadata' ? client.queryMetadata() : client.queryMetric(camel(input.query)))) };
    } catch (thrown) {
      return failure(thrown);
    }
  },
});

/** The definition in the schema that the answer of a verb has. */
function answerDefinition(verb) {
  if (verb === 'build-promql' || verb === 'detect-metric-type') return `${verb.replaceAll('-', '_')}_answer`;
  if (verb.endsWith('-request')) return 'http_request_answer';
  return verb.includes('metadata') ? 'metadata_answer' : 'metric_answer';
}

function outcome(call) {
  try {
    return { result: kebab(call()) };
  } catch (thrown) {
    return failure(thrown);
  }
}

/** What the contract names, or `broken`: a trap meets no expectation. */
function failure(thrown) {
  // A MetricError has it in `reason`, a transpiled component's own error in `payload`.
  const reason = thrown?.reason ?? thrown?.payload;
  return reason?.tag ? { error: { [reason.tag]: kebab(reason.val) } } : { broken: String(thrown?.stack ?? thrown) };
}

const camelName = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const kebabName = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-');
const snakeName = (name) => name.replaceAll('-', '_');

/** From the cases' names to the generated types'. Enumerations keep theirs. */
const camel = (record) => renamed(record, camelName, (value, name) => (name === 'pointwise' && value ? variants(value) : value));
/** From the cases' names to the JSON door's, in which enumerations are written with `_` too. */
const snake = (record) => renamed(record, snakeName, (value, name) => {
  if (name === 'group-by') return value.map(snakeName);
  if (name === 'backend') return snakeName(value);
  return name === 'pointwise' && value ? { ...value, over: snakeOver(value.over) } : value;
});
const snakeOver = (over) => (typeof over === 'string' ? over : Object.fromEntries(Object.entries(over).map(([of, member]) => [of, snakeName(member)])));

/** `"max"`, `{"quantile": 0.5}`: as the generated types have variants. */
function variants({ statistic, over, window }) {
  const variant = (value) => (typeof value === 'string' ? { tag: value } : { tag: Object.keys(value)[0], val: Object.values(value)[0] });
  return { statistic: variant(statistic), over: variant(over), window: window ?? undefined };
}

/** What the generated types need, and a case need not write. */
const whole = (config) => ({ method: 'auto', backend: 'auto', partial: false, ...config });
const listed = ({ valueType, ...filters }) => ({
  valueType,
  ...Object.fromEntries(['agentId', 'kernelId', 'sessionId', 'userId', 'projectId'].map((name) => [name, [filters[name] ?? []].flat()])),
});

function renamed(record, rename, convert) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [
    rename(name),
    name === 'labels' ? renamed(value, rename, convert) : convert(value, name),
  ]));
}

/** From the generated types to the cases' names: columns as lists, labels as an object, odd values as words. */
function kebab(value) {
  if (value === undefined) return null;
  if (typeof value === 'number') return number(value);
  if (value instanceof Float64Array) return Array.from(value, number);
  if (value instanceof BigInt64Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(kebab);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [
    kebabName(name),
    name === 'labels' ? unique(inner) : kebab(inner),
  ]));
}

function number(value) {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** A name given twice must not vanish in the object. */
function unique(pairs) {
  const labels = {};
  for (const [name, value] of pairs) labels[Object.hasOwn(labels, name) ? `${name} (given twice)` : name] = value;
  return labels;
}

function request({ 'path-with-query': pathWithQuery, headers, ...rest }) {
  return asSent({ ...rest, pathWithQuery, headers: unique(headers) });
}

function fromJson(verb, { result, error }) {
  if (error) {
    const { type, ...fields } = error;
    const names = Object.keys(fields);
    const payload = names.length === 1 && names[0] === 'message' ? fields.message : fromSnake(fields);
    return { error: { [kebabName(type)]: payload } };
  }
  if (verb.endsWith('-request')) return { result: request(fromSnake(result)) };
  if (verb.includes('metadata')) return { result: { ...result, metrics: result.metrics.map(metadata) } };
  return { result: fromSnake(result) };
}

/** The JSON door writes the catalogue's entry beside the name. */
function metadata({ name, metric_type, ...entry }) {
  return { name, 'metric-type': metric_type, catalogue: entry.description === null ? null : fromSnake(entry) };
}

function fromSnake(value) {
  if (Array.isArray(value)) return value.map(fromSnake);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [kebabName(name), name === 'labels' ? inner : fromSnake(inner)]));
}
