// The package in Node. `MetricService` is the plugin, all verbs; `MetricClient` is the codec, those that it has. Both
// send through `fetch`, reject with `MetricError`, and answer with the same records.

import type { ClientOptions } from './arguments/call.js';
import type { Config } from './arguments/config.js';
import { FetchClient } from './client.js';
import { codec } from './codec.js';
import { withThread } from './thread/pool.js';

export * from './common.js';
export { MetricService } from './service.js';
export type { Chunk, Page, Piece, RangePlan } from '../generated/interfaces/backendai-metric-range-service.js';

/** Asks one Prometheus. Large answers are decoded in another thread. */
export class MetricClient extends FetchClient {
  /** @throws {MetricError} `invalid-argument` */
  constructor(config: Config, options: ClientOptions = {}) {
    super(codec(), async (job, signal) => {
      // A codec's job sends nothing.
      const sending = { fetch: globalThis.fetch, maxBytes: 0, signal };
      return { result: await withThread(signal, (thread) => thread.call(job, sending)) };
    }, config, options);
  }
}
