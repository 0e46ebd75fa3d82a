// How a long range is asked for, as a caller writes it.

import type * as wit from '../../generated/interfaces/backendai-metric-range-service.js';
import { flag, optional, record, u32, withDefault } from './check.js';
import type { Optional } from './config.js';

/** How a range is asked for. All can be left out. */
export interface RangeOptions extends Optional<wit.RangeOptions> {}

const options = record<wit.RangeOptions>({
  cached: withDefault(flag, false),
  maxPoints: optional(u32),
  interval: optional(u32),
  freshness: optional(u32),
  concurrency: optional(u32),
  partial: withDefault(flag, false),
}, 'options');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export function toOptions(given: RangeOptions): wit.RangeOptions {
  return options(given, 'options');
}
