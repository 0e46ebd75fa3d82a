// A query as a caller writes it: filters of one value or several, times as JavaScript has them.

import type * as wit from '../../generated/interfaces/backendai-metric-types.js';
import { MetricError } from '../metric-error.js';
import { finite, integer, list, oneOf, optional, record, shown, text, u32, variant, withDefault, type Check } from './check.js';
import { LEAST_MILLISECONDS, type Optional } from './config.js';

/** An instant: a `Date`, Unix milliseconds as `Date.now()` gives them, RFC 3339, ISO 8601 without an offset (read as UTC), a date, or Unix seconds as text. */
export type Instant = string | Date | number | bigint;

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
export interface MetricQuery extends Optional<Omit<wit.MetricQuery, 'start' | 'end' | 'labels' | 'groupBy' | 'pointwise'>> {
  /** The metric, e.g. `cpu_util`, `mem`, `net_rx`. */
  metricName: string;
  /** The first instant. */
  start: Instant;
  /** The last instant. Not before `start`. */
  end: Instant;
  /** What to count in. */
  labels?: LabelFilter | undefined;
  /** What to tell apart. Empty: the value type, and every dimension that is filtered on. */
  groupBy?: readonly wit.Dimension[] | undefined;
  /** What a point stands for, e.g. `{ statistic: { tag: 'max' }, over: { tag: 'time' } }`. */
  pointwise?: Pointwise | undefined;
}

/** What a point stands for. */
export interface Pointwise extends Optional<Omit<wit.Pointwise, 'statistic' | 'over'>> {
  /** How many values become one. */
  statistic: wit.Statistic;
  /** Which values. */
  over: wit.Over;
}

/** The largest time that a `Date` holds. */
const MOST_MILLISECONDS = 8.64e15;

const unreadable = (field: string, reason: string) =>
  new MetricError({ tag: 'invalid-time-range', val: { reason: `${field}: ${reason}`, accepted: 'a Date, Unix milliseconds as a number, RFC 3339, ISO 8601, a date, or Unix seconds as a string' } });

/** An instant as the contract's text. */
export const instant: Check<string> = (value, field) => {
  if (typeof value === 'string') return text(value, field);
  if (value instanceof Date || typeof value === 'number' || typeof value === 'bigint') {
    const millis = Number(value);
    if (Number.isNaN(millis)) throw unreadable(field, `${value instanceof Date ? 'the Date is invalid' : 'NaN is no time'}`);
    if (!(value instanceof Date) && millis < LEAST_MILLISECONDS) throw unreadable(field, `${shown(value)} is too early for Unix milliseconds`);
    if (Math.abs(millis) > MOST_MILLISECONDS) throw unreadable(field, `${shown(value)} is too late for Unix milliseconds`);
    return new Date(millis).toISOString();
  }
  throw unreadable(field, `${shown(value)} is no time`);
};

/** One text, or several. */
export const identifiers: Check<string[]> = (value, field) => (typeof value === 'string' ? [text(value, field)] : withDefault(list(text), [])(value, field));

export const VALUE_TYPE = oneOf<wit.ValueType>('usage', 'capacity', 'current', 'pct');
export const DIMENSION = oneOf<wit.Dimension>('agent-id', 'kernel-id', 'session-id', 'user-id', 'project-id', 'metric-name', 'value-type');

const filter = record<wit.LabelFilter>({
  valueType: optional(VALUE_TYPE),
  agentId: identifiers,
  kernelId: identifiers,
  sessionId: identifiers,
  userId: identifiers,
  projectId: identifiers,
}, 'labels');

/** The filters; none where they are left out. */
export const labels: Check<wit.LabelFilter> = withDefault(filter, filter({}, 'labels'));

export const STATISTIC = variant<wit.Statistic>({ avg: undefined, max: undefined, min: undefined, last: undefined, quantile: finite });
export const METRIC_TYPE = oneOf<wit.MetricType>('gauge', 'rate', 'diff');

export const pointwise = record<wit.Pointwise>({
  statistic: STATISTIC,
  over: variant<wit.Over>({ time: undefined, members: DIMENSION, both: DIMENSION }),
  window: optional(u32),
}, 'pointwise');

export const query = record<wit.MetricQuery>({
  metricName: text,
  start: instant,
  end: instant,
  step: optional(u32),
  labels,
  groupBy: withDefault(list(DIMENSION), []),
  metricType: optional(METRIC_TYPE),
  pointwise: optional(pointwise),
  utcOffset: optional(integer(-(2 ** 31), 2 ** 31 - 1)),
});

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export function toQuery(given: MetricQuery): wit.MetricQuery {
  return query(given, 'query');
}

/** The same for each of a batch. @throws {MetricError} */
export function toQueries(given: readonly MetricQuery[]): wit.MetricQuery[] {
  return list(query)(given, 'queries');
}

/** The cursor of a page. @throws {MetricError} */
export function toCursor(given: string | undefined): string | undefined {
  return optional(text)(given, 'cursor');
}

/** The arguments of `detectMetricType`, checked. @throws {MetricError} */
export function toMetric(metricName: string, valueType?: wit.ValueType): [string, wit.ValueType | undefined] {
  return [text(metricName, 'metric-name'), optional(VALUE_TYPE)(valueType, 'value-type')];
}
