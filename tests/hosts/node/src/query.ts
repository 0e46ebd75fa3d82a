// What a caller writes: the contract's records, with everything optional that has a default, and times that may
// be a `Date`. Knows the generated types, and nothing of who carries a call out.

import type * as wit from '../generated/interfaces/backendai-metric-types.js';
import { MetricError } from './metric-error.js';

export type { Backend, CatalogueEntry, Category, Dimension, LabelSchema, MetadataResult, MetricMetadata, MetricResult, MetricType, Over, Pointwise, RequestMethod, Series, Statistic, ValueType } from '../generated/interfaces/backendai-metric-types.js';

/** An instant: a `Date`, RFC 3339, ISO 8601 without an offset (read as UTC), a date, or Unix seconds as text. */
export type Instant = string | Date;

/** What may be left out is also left out by `undefined`. */
type Optional<T> = { [Name in keyof T]?: T[Name] | undefined };

/** Where Prometheus is, and how it is asked. Only the address is needed. */
export interface Config extends Optional<Omit<wit.Config, 'maxResultBytes' | 'now'>> {
  /** `host:port`, or `http(s)://host[:port][/prefix]`. */
  address: string;
  /** The most bytes that a result may hold; 100 MB unless given. */
  maxResultBytes?: bigint | number | undefined;
  /** The time of day, a `Date` or Unix milliseconds; what the clock says at each call unless given. */
  now?: Date | number | undefined;
}

/** The values of an identifier that count: one, or any of several (at most 100). None: all. */
export type Identifiers = string | readonly string[];

/** What to count in. */
export interface LabelFilter {
  valueType?: wit.ValueType | undefined;
  agentId?: Identifiers | undefined;
  kernelId?: Identifiers | undefined;
  sessionId?: Identifiers | undefined;
  userId?: Identifiers | undefined;
  projectId?: Identifiers | undefined;
}

/** A time-series query. */
export interface MetricQuery extends Optional<Omit<wit.MetricQuery, 'start' | 'end' | 'labels'>> {
  /** The metric, e.g. `cpu_util`, `mem`, `net_rx`. */
  metricName: string;
  /** The first instant. */
  start: Instant;
  /** The last instant. Not before `start`. */
  end: Instant;
  /** What to count in. */
  labels?: LabelFilter | undefined;
}

/** The contract's record, defaults filled in. */
export function toConfig({ labelSchema, method, backend, partial, maxResultBytes, now, ...rest }: Config): wit.Config {
  const record = { ...rest, labelSchema: labelSchema ?? 'documented', method: method ?? 'auto', backend: backend ?? 'auto', partial: partial ?? false } as wit.Config;
  if (maxResultBytes !== undefined) record.maxResultBytes = BigInt(maxResultBytes);
  if (now !== undefined) record.now = BigInt(Number(now));
  return record;
}

/** The configuration of a call that begins now: a component has no clock of its own. */
export function atThisTime(config: wit.Config): wit.Config {
  return { ...config, now: config.now ?? BigInt(Date.now()) };
}

/** The contract's record, defaults filled in. */
export function toQuery({ labels, groupBy, ...rest }: MetricQuery): wit.MetricQuery {
  return { ...rest, labels: toFilter(labels ?? {}), groupBy: groupBy ?? [], start: instant(rest.start), end: instant(rest.end) } as wit.MetricQuery;
}

function toFilter({ valueType, agentId, kernelId, sessionId, userId, projectId, ...unknown }: LabelFilter): wit.LabelFilter {
  // A filter that is dropped would be an answer about everything.
  for (const name of Object.keys(unknown)) {
    throw new MetricError({ tag: 'invalid-argument', val: { field: `labels.${name}`, reason: 'there is no such filter; accepted are valueType, agentId, kernelId, sessionId, userId, projectId' } });
  }
  return {
    ...(valueType !== undefined && { valueType }),
    agentId: listed(agentId),
    kernelId: listed(kernelId),
    sessionId: listed(sessionId),
    userId: listed(userId),
    projectId: listed(projectId),
  };
}

function listed(values: Identifiers | undefined): string[] {
  return typeof values === 'string' ? [values] : [...(values ?? [])];
}

function instant(value: Instant): string {
  return typeof value === 'string' ? value : value.toISOString();
}

/** A series' timestamps as numbers, for chart libraries: Unix milliseconds, as `Date.now()` has them. */
export function milliseconds(series: wit.Series): Float64Array {
  return Float64Array.from(series.timestamps, Number);
}
