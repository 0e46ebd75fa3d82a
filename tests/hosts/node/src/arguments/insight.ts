// How a range is summed up, ranked and watched, and whose values are listed, as a caller writes it.

import type * as discovery from '../../generated/interfaces/backendai-metric-discovery.js';
import type * as wit from '../../generated/interfaces/backendai-metric-insight.js';
import type { Dimension } from '../../generated/interfaces/backendai-metric-types.js';
import { finite, flag, list, oneOf, optional, record, text, u32, variant, withDefault } from './check.js';
import type { Optional } from './config.js';
import { DIMENSION, instant, labels, type Instant, type LabelFilter } from './query.js';

/** How groups are ranked. Only the score is needed, e.g. `{ score: { tag: 'avg' } }`. */
export interface Ranking extends Optional<Omit<wit.Ranking, 'score'>> {
  /** By what. */
  score: wit.Score;
}

/** Which deviations count. All can be left out; the direction is `both` then. */
export interface Tolerance extends Optional<wit.Tolerance> {}

/** What is watched for. All can be left out. */
export interface Detection extends Optional<Omit<wit.Detection, 'tolerance'>> {
  /** Which deviations count. */
  tolerance?: Tolerance | undefined;
}

/** Which values are wanted. All can be left out. */
export interface ValueFilter extends Optional<Omit<discovery.ValueFilter, 'labels' | 'start' | 'end'>> {
  /** Of these series only. */
  labels?: LabelFilter | undefined;
  /** The first instant. Without, as `end` is then: of all times, as far as the server keeps them. */
  start?: Instant | undefined;
  /** The last instant. */
  end?: Instant | undefined;
}

const quantiles = withDefault(list(finite), []);

const ranking = record<wit.Ranking>({
  score: variant<wit.Score>({ avg: undefined, max: undefined, min: undefined, last: undefined, total: undefined, quantile: finite }),
  k: optional(u32),
  lowest: withDefault(flag, false),
  others: withDefault(flag, false),
}, 'ranking');

const tolerance = record<wit.Tolerance>({
  sensitivity: optional(finite),
  direction: withDefault(oneOf<wit.Direction>('both', 'above', 'below'), 'both'),
  minDeviation: optional(finite),
  minRelativeDeviation: optional(finite),
  minPoints: optional(u32),
}, 'tolerance');

const detection = record<wit.Detection>({
  strategy: optional(oneOf<wit.Strategy>('seasonal', 'robust', 'adaptive')),
  tolerance: withDefault(tolerance, tolerance({}, 'tolerance')),
  lookback: optional(u32),
  season: optional(u32),
}, 'detection');

const source = variant<discovery.ValueSource>({ dimension: DIMENSION, label: text });

const filter = record<discovery.ValueFilter>({
  metricName: optional(text),
  labels,
  start: optional(instant),
  end: optional(instant),
  limit: optional(u32),
}, 'filter');

/** The parts that quantiles are wanted of. @throws {MetricError} */
export const toQuantiles = (given: readonly number[] | undefined): Float64Array => Float64Array.from(quantiles(given, 'quantiles'));

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toRanking = (given: Ranking): wit.Ranking => ranking(given, 'ranking');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toDetection = (given: Detection): wit.Detection => detection(given, 'detection');

/** What tells members apart. @throws {MetricError} */
export const toMember = (given: Dimension): Dimension => DIMENSION(given, 'member');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toTolerance = (given: Tolerance): wit.Tolerance => tolerance(given, 'tolerance');

/** Whose values are wanted. @throws {MetricError} */
export const toSource = (given: discovery.ValueSource): discovery.ValueSource => source(given, 'source');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toFilter = (given: ValueFilter): discovery.ValueFilter => filter(given, 'filter');
