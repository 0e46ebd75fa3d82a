// The way in. `MetricService` is the plugin with its own HTTP (synchronous); `MetricClient` is the codec with
// `fetch` (asynchronous). Both throw `MetricError`, and answer with the same records.

export { MetricService } from './service.js';
export { MetricClient } from './codec.js';
export { FetchClient, type Codec, type FetchOptions } from './fetch-client.js';
export { MetricError, type MetricErrorKind } from './metric-error.js';
export { milliseconds } from './query.js';
export type * from './query.js';
export type * from './range.js';
