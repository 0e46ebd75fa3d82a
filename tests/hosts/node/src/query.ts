// What a caller writes: the contract's records, with everything optional that has a default, and times that may
// be a `Date`. Knows the generated types, and nothing of who carries a call out.

import type * as wit from '../generated/interfaces/backendai-metric-types.js';

export type { CatalogueEntry, Category, Dimension, LabelFilter, LabelSchema, MetricMetadata, MetricResult, MetricType, Series, ValueType } from '../generated/interfaces/backendai-metric-types.js';

/** An instant: a `Date`, RFC 3339, ISO 8601 without an offset (read as UTC), a date, or Unix seconds as text. */
export type Instant = string | Date;

/** Where Prometheus is, and how it is asked. Only the address is needed. */
export interface Config extends Partial<Omit<wit.Config, 'maxResultBytes'>> {
  /** `host:port`, or `http(s)://host[:port][/prefix]`. */
  address: string;
  /** The most bytes that a result may hold; 100 MB unless given. */
  maxResultBytes?: bigint | number;
}

/** A time-series query. */
export interface MetricQuery extends Partial<Omit<wit.MetricQuery, 'start' | 'end'>> {
  /** The metric, e.g. `cpu_util`, `mem`, `net_rx`. */
  metricName: string;
  /** The first instant. */
  start: Instant;
  /** The last instant. Not before `start`. */
  end: Instant;
}

/** The contract's record, defaults filled in. */
export function toConfig(config: Config): wit.Config {
  const { maxResultBytes, ...rest } = config;
  const record: wit.Config = { labelSchema: 'documented', ...rest };
  if (maxResultBytes !== undefined) record.maxResultBytes = BigInt(maxResultBytes);
  return record;
}

/** The contract's record, defaults filled in. */
export function toQuery(query: MetricQuery): wit.MetricQuery {
  return { labels: {}, groupBy: [], ...query, start: instant(query.start), end: instant(query.end) };
}

function instant(value: Instant): string {
  return typeof value === 'string' ? value : value.toISOString();
}

/** A series' timestamps as numbers, for chart libraries: Unix milliseconds, as `Date.now()` has them. */
export function milliseconds(series: wit.Series): Float64Array {
  return Float64Array.from(series.timestamps, Number);
}
