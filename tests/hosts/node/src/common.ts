// The exports that Node and browsers have in common.

export type { CallOptions, ClientOptions } from './arguments/call.js';
export type { Config } from './arguments/config.js';
export type { BatchOptions, Condition, LiveOptions, MetricQuestion, Moment, Preset, PresetArguments, PresetRange, Question, Run } from './arguments/decisions.js';
export type { DerivedQuery, Family, FamilyQuery, OverTime, Side } from './arguments/families.js';
export type { Detection, Ranking, Tolerance, ValueFilter } from './arguments/insight.js';
export type { Identifiers, Instant, LabelFilter, MetricQuery, Pointwise } from './arguments/query.js';
export type { RangeOptions } from './arguments/range.js';
export { milliseconds } from './columns.js';
export type { Request } from './document.js';
export { MetricError, PluginTrapped, type MetricErrorKind } from './metric-error.js';
export type { Backend, CatalogueEntry, Category, Dimension, LabelSchema, MetadataResult, MetricMetadata, MetricResult, MetricType, Over, RequestMethod, Series, Statistic, ValueType } from '../generated/interfaces/backendai-metric-types.js';
export type { ValueAnswer, ValueSource } from '../generated/interfaces/backendai-metric-discovery.js';
export type { FamilyKind, FamilyOver, FamilyStatistic } from '../generated/interfaces/backendai-metric-family.js';
export type { Derivation, DerivedAnswer } from '../generated/interfaces/backendai-metric-family-service.js';
export type { Anomaly, Direction, Ranked, Score, Strategy, Summary, SummaryAnswer, WatchAnswer, Watched } from '../generated/interfaces/backendai-metric-insight.js';
export type { LiveAnswer, LiveStat, SubjectStats } from '../generated/interfaces/backendai-metric-live-stats.js';
export type { Outline, Placed } from '../generated/interfaces/backendai-metric-preset.js';
export type { Bound, Combine, InstantAnswer, Judgement, RunAnswer, Verdict } from '../generated/interfaces/backendai-metric-preset-service.js';
export type { MissingChunk, RangeAnswer, Span } from '../generated/interfaces/backendai-metric-range-service.js';
