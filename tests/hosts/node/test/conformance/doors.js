// Who is judged: every door of both components.

import { MetricClient, MetricService } from '../../dist/index.js';
import { codec, service } from '../components.js';
import { check } from '../schema.js';
import { asking, json, typed, verbatim } from './door-kinds.js';

/** The verbs without I/O. @type {import('./door-kinds.js').Door[]} */
export const PURE = [
  typed('metric_codec.wasm, codec', codec.codec),
  typed('metric_service.wasm, codec', service.codec),
  // Where the service has the verb too, it has to answer alike.
  typed('metric_service.wasm, metric-service', { ...service.codec, ...service.metricService }),
  json('metric_codec.wasm, json-codec', codec.jsonCodec, check),
  json('metric_service.wasm, json-codec', service.jsonCodec, check),
  json('metric_service.wasm, json', { call: (verb, request, body) => (verb.startsWith('met') ? service.jsonCodec.call(verb, request, body) : service.json.call(verb, request)) }, check),
];

/** The JSON interface in a thread, where it can send. Each request says where to. */
const inThread = { call: (verb, request) => new MetricService({ address: 'in-the-request' }).callText(verb, request) };

/** The verbs that ask a Prometheus. @type {import('./door-kinds.js').Door[]} */
export const WITH_IO = [
  asking('metric-service, through fetch', (config) => new MetricService(config)),
  json('json, through fetch', inThread, check),
  asking('codec, through fetch', (config) => new MetricClient(config)),
];

/** The verbs as texts. @type {import('./door-kinds.js').Door[]} */
export const JSON_TEXTS = [verbatim('json', inThread, check)];
export const JSON_CODEC_TEXTS = [
  verbatim('metric_codec.wasm, json-codec', codec.jsonCodec, check),
  verbatim('metric_service.wasm, json-codec', service.jsonCodec, check),
];

/** Who can be asked for a call. */
export function doorsOf(call) {
  if (call === 'json') return JSON_TEXTS;
  if (call === 'json-codec') return JSON_CODEC_TEXTS;
  return call.startsWith('query-') ? WITH_IO : PURE;
}
