// Whose live stats are wanted, presets with what is filled in, and what is to be decided, as a caller writes it.

import type * as live from '../../generated/interfaces/backendai-metric-live-stats.js';
import type * as wit from '../../generated/interfaces/backendai-metric-preset.js';
import type * as service from '../../generated/interfaces/backendai-metric-preset-service.js';
import type { Dimension } from '../../generated/interfaces/backendai-metric-types.js';
import { finite, list, oneOf, optional, record, refused, shown, text, u32, variant, withDefault, type Check } from './check.js';
import { moment, type Optional } from './config.js';
import { DIMENSION, identifiers, instant, type Identifiers, type Instant } from './query.js';

/** An instant at which something is read: a `Date`, or Unix milliseconds as `Date.now()` gives them. */
export type Moment = Date | number | bigint;

/** Which live stats are wanted. All can be left out. */
export interface LiveOptions extends Optional<Omit<live.LiveOptions, 'at' | 'metrics'>> {
  /** The end of the window; the present unless given. */
  at?: Moment | undefined;
  /** Which metrics; all unless given. */
  metrics?: readonly string[] | undefined;
}

/** PromQL with placeholders: `${{labels}}`, `${{window}}`, `${{group_by}}`. Only the template is needed. */
export interface Preset extends Optional<Omit<wit.Preset, 'filterLabels' | 'groupLabels' | 'requiredLabels'>> {
  /** The template. */
  template: string;
  /** Labels that a call may filter on. Empty: any. */
  filterLabels?: readonly string[] | undefined;
  /** Labels that a call may group by. Empty: any. */
  groupLabels?: readonly string[] | undefined;
  /** Labels that a call must filter on. */
  requiredLabels?: readonly string[] | undefined;
}

/** The values that are filled into a preset. All can be left out. */
export interface PresetArguments extends Optional<Omit<wit.Arguments, 'filters' | 'groupBy'>> {
  /** For `${{labels}}`: labels, each with the values that it may have. */
  filters?: Readonly<Record<string, Identifiers | undefined>> | undefined;
  /** For `${{group_by}}`. */
  groupBy?: readonly string[] | undefined;
}

/** The time over which a preset is read. */
export interface PresetRange extends Optional<Omit<service.PresetRange, 'start' | 'end'>> {
  /** The first instant. */
  start: Instant;
  /** The last instant. Not before `start`. */
  end: Instant;
}

/** The decision that is wanted, e.g. `{ bound: { tag: 'below', val: 5 }, lasting: 600 }`. */
export interface Condition extends Optional<Omit<service.Condition, 'bound'>> {
  /** Where the value has to be. */
  bound: service.Bound;
}

/** The question that is asked of many subjects. */
export interface Question {
  /** What is filled in besides the subjects. */
  arguments?: PresetArguments | undefined;
  /** The label that names a subject. It is filtered on and grouped by. */
  subject: string;
  /** The subjects, at most 10000. */
  subjects: readonly string[];
  /** How several series of a subject become one number. */
  combine: service.Combine;
  /** The instant; the present unless given. */
  at?: Moment | undefined;
  /** What is to be decided; nothing unless given. */
  condition?: Condition | undefined;
}

const texts = withDefault(list(text), []);

const stats = record<live.LiveOptions>({
  at: optional(moment),
  window: optional(u32),
  metrics: optional(list(text)),
}, 'options');

const preset = record<wit.Preset>({
  template: text,
  timeWindow: optional(text),
  filterLabels: texts,
  groupLabels: texts,
  requiredLabels: texts,
  unit: optional(text),
}, 'preset');

const filters: Check<wit.LabelValues[]> = (value, field) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(field, `${shown(value)} is not an object of labels and their values`);
  return Object.entries(value)
    .filter(([, values]) => values !== undefined && values !== null)
    .map(([label, values]) => ({ label: text(label, field), values: identifiers(values, `${field}.${label}`) }));
};

const filledIn = record<wit.Arguments>({
  filters: withDefault(filters, []),
  groupBy: texts,
  window: optional(text),
}, 'arguments');

const range = record<service.PresetRange>({ start: instant, end: instant, step: optional(u32) }, 'range');

const condition = record<service.Condition>({
  bound: variant<service.Bound>({ above: finite, below: finite }),
  lasting: optional(u32),
}, 'condition');

const question = record<service.Question>({
  arguments: withDefault(filledIn, filledIn({}, 'arguments')),
  subject: text,
  subjects: list(text),
  combine: oneOf<service.Combine>('max', 'min', 'avg', 'sum'),
  at: optional(moment),
  condition: optional(condition),
});

/** What subjects are named by. @throws {MetricError} */
export const toBy = (given: Dimension): Dimension => DIMENSION(given, 'by');

/** The subjects. @throws {MetricError} */
export const toIds = (given: readonly string[]): string[] => list(text)(given, 'ids');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toLiveOptions = (given: LiveOptions): live.LiveOptions => stats(given, 'options');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toPreset = (given: Preset): wit.Preset => preset(given, 'preset');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toArguments = (given: PresetArguments): wit.Arguments => filledIn(given, 'arguments');

/** The instant at which a preset is read. @throws {MetricError} */
export const toMoment = (given: Moment | undefined): bigint | undefined => optional(moment)(given, 'at');

/** The contract's record, checked. @throws {MetricError} */
export const toRange = (given: PresetRange): service.PresetRange => range(given, 'range');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toQuestion = (given: Question): service.Question => question(given, 'question');
