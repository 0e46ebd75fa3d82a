// Columns in forms that others take.

import type { Series } from '../generated/interfaces/backendai-metric-types.js';

/** A series' timestamps as numbers, for chart libraries: Unix milliseconds, as `Date.now()` has them. */
export function milliseconds(series: Series): Float64Array {
  return Float64Array.from(series.timestamps, Number);
}
