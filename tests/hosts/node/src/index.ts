// The package in Node. `MetricService` is the plugin, all verbs; `MetricClient` is the codec, those that it has. Both
// send through `fetch`, reject with `MetricError`, and answer with the same records.

import type { ClientOptions } from './arguments/call.js';
import type { Config } from './arguments/config.js';
import { FetchClient } from './client.js';
import { codec } from './codec.js';
import { withThread } from './thread/pool.js';

export * from './common.js';
export type { DerivedQuery, Side } from './arguments/families.js';
export type { Detection, Ranking, Tolerance, ValueFilter } from './arguments/insight.js';
export type { RangeOptions } from './arguments/range.js';
export { MetricService } from './service.js';
export type { ValueAnswer, ValueSource } from '../generated/interfaces/backendai-metric-discovery.js';
export type { Derivation, DerivedAnswer } from '../generated/interfaces/backendai-metric-family-service.js';
export type { Anomaly, Direction, Ranked, Score, Strategy, Summary, SummaryAnswer, WatchAnswer, Watched } from '../generated/interfaces/backendai-metric-insight.js';
export type { Chunk, MissingChunk, Page, Piece, RangeAnswer, RangePlan, Span } from '../generated/interfaces/backendai-metric-range-service.js';

/** Asks one Prometheus; each call is one request. Large answers are decoded in another thread. */
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
