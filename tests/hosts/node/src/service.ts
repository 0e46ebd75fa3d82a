// The plugin in Node: `metric_service.wasm`, whose requests go out through preview2-shim's `wasi:http`.
// Calls are synchronous, as WASI 0.2 is: each blocks its thread until Prometheus has answered.

import { jsonCodec, jsonService, metricService } from '../generated/metric_service.js';
import { call } from './metric-error.js';
import { toConfig, toQuery, type Config, type MetricMetadata, type MetricQuery, type MetricResult, type MetricType, type ValueType } from './query.js';

export { jsonCodec, jsonService };

/** Asks one Prometheus, through the plugin. In a server, keep it in a worker thread: its calls block. */
export class MetricService {
  readonly #config;

  constructor(config: Config) {
    this.#config = toConfig(config);
  }

  /** The metrics that Prometheus holds, by name. @throws {MetricError} */
  queryMetadata(): MetricMetadata[] {
    return call(() => metricService.queryMetadata(this.#config));
  }

  /** Asks Prometheus, and returns the series in columns. @throws {MetricError} */
  queryMetric(query: MetricQuery): MetricResult {
    return call(() => metricService.queryMetric(this.#config, toQuery(query)));
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
