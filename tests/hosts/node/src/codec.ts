// `metric_codec.wasm`, which imports nothing, with the platform's own `fetch`.

import { codec, jsonCodec } from '../generated/metric_codec.js';
import { FetchClient, type FetchOptions } from './fetch-client.js';
import type { Config } from './query.js';

export { codec, jsonCodec };

/** Asks one Prometheus through `fetch`; calls are asynchronous, and do not block. */
export class MetricClient extends FetchClient {
  constructor(config: Config, options?: Pick<FetchOptions, 'fetch'>) {
    super(codec, config, options);
  }
}
