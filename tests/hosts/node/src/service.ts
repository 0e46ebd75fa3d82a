// The plugin in Node: `metric_service.wasm`, whose requests go out through preview2-shim's `wasi:http`.
// Calls are synchronous, as WASI 0.2 is: each blocks its thread until Prometheus has answered.

import { json, jsonCodec, metricService, rangeService } from '../generated/metric_service.js';
import { call, toMetricError, type MetricError } from './metric-error.js';
import { atThisTime, toConfig, toQuery, type Config, type MetadataResult, type MetricQuery, type MetricResult, type MetricType, type ValueType } from './query.js';
import { toOptions, type RangeAnswer, type RangeOptions } from './range.js';

export { json, jsonCodec };

/** Asks one Prometheus, through the plugin. In a server, keep it in a worker thread: its calls block. */
export class MetricService {
  readonly #config;

  constructor(config: Config) {
    this.#config = toConfig(config);
  }

  /** The metrics that Prometheus holds, by name; `partial` says whether some may be missing. @throws {MetricError} */
  queryMetadata(): MetadataResult {
    return call(() => metricService.queryMetadata(atThisTime(this.#config)));
  }

  /** Asks Prometheus, and returns the series in columns. @throws {MetricError} */
  queryMetric(query: MetricQuery): MetricResult {
    return call(() => metricService.queryMetric(atThisTime(this.#config), toQuery(query)));
  }

  /** Asks for a long range in chunks, side by side. Throws a `MetricError` whose `chunk` says which failed. @throws {MetricError} */
  queryRange(query: MetricQuery, options: RangeOptions = {}): RangeAnswer {
    return call(() => rangeService.queryRange(atThisTime(this.#config), toQuery(query), toOptions(options)));
  }

  /** Many queries side by side; the answers in their order, an error in the place of one that failed. @throws {MetricError} */
  queryBatch(queries: MetricQuery[], options: RangeOptions = {}): (RangeAnswer | MetricError)[] {
    const answers = call(() => rangeService.queryBatch(atThisTime(this.#config), queries.map(toQuery), toOptions(options)));
    return answers.map((answer) => (answer.tag === 'ok' ? answer.val : toMetricError(answer.val)));
  }

  /** The PromQL that `queryMetric` would send. Nothing is sent. @throws {MetricError} */
  buildPromql(query: MetricQuery): string {
    return call(() => metricService.buildPromql(this.#config, toQuery(query)));
  }

  /** How a metric is read. */
  detectMetricType(metricName: string, valueType?: ValueType): MetricType {
    return metricService.detectMetricType(metricName, valueType);
  }
}
