// How a long range is asked for, and what comes back. Knows the generated types, and nothing of who carries a call out.

import type * as wit from '../generated/interfaces/backendai-metric-range-service.js';

export type { MissingChunk, RangeAnswer, Span } from '../generated/interfaces/backendai-metric-range-service.js';

/** How a range is asked for. All can be left out. */
export type RangeOptions = { [Name in keyof wit.RangeOptions]?: wit.RangeOptions[Name] | undefined };

/** The contract's record, defaults filled in. */
export function toOptions({ cached, partial, ...rest }: RangeOptions): wit.RangeOptions {
  return { ...rest, cached: cached ?? false, partial: partial ?? false } as wit.RangeOptions;
}
