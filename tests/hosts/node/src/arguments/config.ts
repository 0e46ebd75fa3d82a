// Where Prometheus is and how it is asked, as a caller writes it: everything optional that has a default.

import type * as wit from '../../generated/interfaces/backendai-metric-types.js';
import { big, flag, integer, oneOf, optional, record, refused, text, u32, withDefault, type Check } from './check.js';

/** Optional fields, which `undefined` leaves out too. */
export type Optional<T> = { [Name in keyof T]?: T[Name] | undefined };

/** Where Prometheus is, and how it is asked. Only the address is needed. */
export interface Config extends Optional<Omit<wit.Config, 'maxResultBytes' | 'now'>> {
  /** `host:port`, or `http(s)://host[:port][/prefix]`. */
  address: string;
  /** The most bytes that a result may hold; 100 MB unless given. */
  maxResultBytes?: bigint | number | undefined;
  /** The time of day, a `Date` or Unix milliseconds; what the clock says at each call unless given. */
  now?: Date | number | undefined;
}

/** As the contract's `config.timeout`, in milliseconds. */
const DEFAULT_TIMEOUT = 30_000;

/** Milliseconds, at least 1. */
export const milliseconds = integer(1, 2 ** 32 - 1);

/** A configuration whose deadline is known. */
export type CheckedConfig = wit.Config & { timeout: number };

/** Unix milliseconds below this, March 1973, are Unix seconds by mistake. */
export const LEAST_MILLISECONDS = 1e11;

/** A `Date`, or Unix milliseconds that are not below `least`. */
const time = (least: number): Check<bigint> => (value, field) => {
  if (!(value instanceof Date)) return big(least)(value, field);
  if (Number.isNaN(value.getTime())) throw refused(field, 'the Date is invalid');
  return big(0)(value.getTime(), field);
};

/** An instant at which something is read. */
export const moment = time(LEAST_MILLISECONDS);

const config = record<CheckedConfig>({
  address: text,
  timewindow: optional(text),
  labelSchema: withDefault(oneOf<wit.LabelSchema>('documented', 'agent'), 'documented'),
  sampleInterval: optional(u32),
  maxRange: optional(u32),
  maxPoints: optional(u32),
  maxResultBytes: optional(big(0)),
  timeout: withDefault(milliseconds, DEFAULT_TIMEOUT),
  method: withDefault(oneOf<wit.RequestMethod>('auto', 'post', 'get'), 'auto'),
  backend: withDefault(oneOf<wit.Backend>('auto', 'prometheus', 'thanos', 'mimir', 'victoria', 'victoria-cluster'), 'auto'),
  partial: withDefault(flag, false),
  now: optional(time(0)),
}, 'config');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export function toConfig(given: Config): CheckedConfig {
  return config(given, 'config');
}
