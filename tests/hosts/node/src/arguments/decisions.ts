// Whose live stats are wanted, presets with what is filled in, and what is to be decided, as a caller writes it.

import type * as live from '../../generated/interfaces/backendai-metric-live-stats.js';
import type * as wit from '../../generated/interfaces/backendai-metric-preset.js';
import type * as service from '../../generated/interfaces/backendai-metric-preset-service.js';
import type { Dimension } from '../../generated/interfaces/backendai-metric-types.js';
import { finite, flag, list, oneOf, optional, record, refused, shown, text, u32, variant, withDefault, type Check } from './check.js';
import { moment, type Optional } from './config.js';
import { DIMENSION, identifiers, instant, labels, METRIC_TYPE, pointwise, type Identifiers, type Instant, type LabelFilter, type Pointwise } from './query.js';

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

/** A preset of a batch, at an instant or over a range. Only the preset is needed. */
export interface Run {
  /** The preset. */
  preset: Preset;
  /** What is filled in. */
  arguments?: PresetArguments | undefined;
  /** Over this range; at an instant unless given. */
  range?: PresetRange | undefined;
  /** The instant; the present unless given. Has no say where there is a range. */
  at?: Moment | undefined;
}

/** How a batch of presets is asked for without I/O, each in one request. */
export interface BatchOptions {
  /** Whether an answer may be partial; not unless given. */
  partial?: boolean | undefined;
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

/** The question that is asked of many subjects by a metric of the containers. */
export interface MetricQuestion extends Optional<Pick<service.MetricQuestion, 'metricType'>> {
  /** The metric, e.g. `cpu_util`. */
  metricName: string;
  /** What is filtered on besides the subjects. A value type is needed. */
  labels: LabelFilter;
  /** What is told apart besides the subjects: `combine` makes one number of it. */
  groupBy?: readonly Dimension[] | undefined;
  /** The statistic that a point stands for; the value at the instant, or what is read per second, unless given. */
  pointwise?: Pointwise | undefined;
  /** What the subjects are: kernels, sessions, agents, users or projects. */
  subject: Dimension;
  /** The subjects, at most 10000. */
  subjects: readonly string[];
  /** How several series of a subject become one number. */
  combine: service.Combine;
  /** The instant; the present unless given. */
  at?: Moment | undefined;
  /** What is to be decided; nothing unless given. */
  condition?: Condition | undefined;
}

/** Texts; none where they are left out. */
export const texts = withDefault(list(text), []);

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

/** Labels and their values, as the contract lists them. A label without values is left out. */
export const filters: Check<wit.LabelValues[]> = (value, field) => {
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

/** Nothing that is filled in. */
const EMPTY = filledIn({}, 'arguments');

const range = record<service.PresetRange>({ start: instant, end: instant, step: optional(u32) }, 'range');

const run = record<service.Run>({
  preset,
  arguments: withDefault(filledIn, EMPTY),
  range: optional(range),
  at: optional(moment),
});

const batch = record<{ partial: boolean }>({ partial: withDefault(flag, false) }, 'options');

const condition = record<service.Condition>({
  bound: variant<service.Bound>({ above: finite, below: finite }),
  lasting: optional(u32),
}, 'condition');

const COMBINE = oneOf<service.Combine>('max', 'min', 'avg', 'sum');

const question = record<service.Question>({
  arguments: withDefault(filledIn, EMPTY),
  subject: text,
  subjects: list(text),
  combine: COMBINE,
  at: optional(moment),
  condition: optional(condition),
});

const metricQuestion = record<service.MetricQuestion>({
  metricName: text,
  labels,
  groupBy: withDefault(list(DIMENSION), []),
  metricType: optional(METRIC_TYPE),
  pointwise: optional(pointwise),
  subject: DIMENSION,
  subjects: list(text),
  combine: COMBINE,
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

/** The presets of a batch. @throws {MetricError} */
export const toRuns = (given: readonly Run[]): service.Run[] => list(run)(given, 'runs');

/** The options of a batch without I/O. @throws {MetricError} */
export const toBatch = (given: BatchOptions): { partial: boolean } => batch(given, 'options');

/** The contract's record, checked, defaults filled in. @throws {MetricError} */
export const toMetricQuestion = (given: MetricQuestion): service.MetricQuestion => metricQuestion(given, 'question');
