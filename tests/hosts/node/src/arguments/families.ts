// Families of metrics, what is asked of them, and what is derived of two queries, as a caller writes it.

import type * as wit from '../../generated/interfaces/backendai-metric-family.js';
import type * as service from '../../generated/interfaces/backendai-metric-family-service.js';
import { finite, flag, integer, list, oneOf, optional, record, text, u32, variant, withDefault } from './check.js';
import type { Optional } from './config.js';
import { filters, texts } from './decisions.js';
import { instant, query as metricQuery, STATISTIC, type Identifiers, type Instant, type MetricQuery } from './query.js';

/** A metric family. Its name and its kind are needed. */
export interface Family extends Optional<Omit<wit.Family, 'name' | 'kind' | 'formerNames' | 'labels'>> {
  /** Its name in Prometheus; of a histogram without `_bucket`. */
  name: string;
  /** How its samples are read. */
  kind: wit.FamilyKind;
  /** Names that it had before, at most 4, the latest first. */
  formerNames?: readonly string[] | undefined;
  /** Labels that may be filtered on and grouped by, at most 64. Empty: any. */
  labels?: readonly string[] | undefined;
}

/** A statistic of what a group is over time, e.g. `{ statistic: { tag: 'max' }, window: 3600 }`, or of its members: `over: { tag: 'both', val: 'instance' }`. */
export interface OverTime extends Optional<Omit<wit.OverTime, 'statistic'>> {
  /** Which one. */
  statistic: wit.OverTime['statistic'];
}

/** The question to a family. */
export interface FamilyQuery extends Optional<Omit<wit.FamilyQuery, 'family' | 'filters' | 'groupBy' | 'overTime' | 'start' | 'end'>> {
  /** The family. */
  family: Family;
  /** Labels, each with the values that it may have. */
  filters?: Readonly<Record<string, Identifiers | undefined>> | undefined;
  /** The labels to tell apart. Empty: one group. */
  groupBy?: readonly string[] | undefined;
  /** A point is the group's value at its instant unless given. */
  overTime?: OverTime | undefined;
  /** The first instant. */
  start: Instant;
  /** The last instant. Not before `start`. */
  end: Instant;
}

/** A side of a derived metric: of the containers, or of a family. */
export type Side = { tag: 'metric'; val: MetricQuery } | { tag: 'family'; val: FamilyQuery };

/** A metric made of one or two queries, e.g. `{ sides: [one, other], derivation: { tag: 'ratio' } }`. */
export interface DerivedQuery extends Optional<Omit<service.DerivedQuery, 'sides' | 'derivation'>> {
  /** Two, or one to scale, over the same range, which tell the same labels apart. */
  sides: readonly Side[];
  /** What becomes of them. */
  derivation: service.Derivation;
}

const family = record<wit.Family>({
  name: text,
  formerNames: texts,
  kind: oneOf<wit.FamilyKind>('gauge', 'counter', 'histogram', 'native-histogram'),
  unit: optional(text),
  description: withDefault(text, ''),
  labels: texts,
  intensive: withDefault(flag, false),
}, 'family');

const query = record<wit.FamilyQuery>({
  family,
  filters: withDefault(filters, []),
  groupBy: texts,
  statistic: optional(variant<wit.FamilyStatistic>({ sum: undefined, avg: undefined, max: undefined, min: undefined, quantile: finite, rate: undefined })),
  overTime: optional(record<wit.OverTime>({
    statistic: STATISTIC,
    over: withDefault(variant<wit.FamilyOver>({ time: undefined, members: text, both: text }), { tag: 'time' }),
    window: optional(u32),
  }, 'over-time')),
  start: instant,
  end: instant,
  step: optional(u32),
  utcOffset: optional(integer(-(2 ** 31), 2 ** 31 - 1)),
});

const derived = record<service.DerivedQuery>({
  sides: list(variant<service.Side>({ metric: metricQuery, family: query })),
  derivation: variant<service.Derivation>({ ratio: undefined, percent: undefined, difference: undefined, sum: undefined, scale: finite }),
  unit: optional(text),
});

/** The contract's records, checked, defaults filled in. @throws {MetricError} */
export const toFamilies = (given: readonly Family[]): wit.Family[] => list(family)(given, 'families');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toFamilyQuery = (given: FamilyQuery): wit.FamilyQuery => query(given, 'query');

/** The same for each of many. @throws {MetricError} */
export const toFamilyQueries = (given: readonly FamilyQuery[]): wit.FamilyQuery[] => list(query)(given, 'queries');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toDerived = (given: DerivedQuery): service.DerivedQuery => derived(given, 'query');
