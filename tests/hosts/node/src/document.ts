// The JSON interface: the contract's records as documents, with its names (`_` for `-`), and its answers and errors back.

import type * as wit from '../generated/interfaces/backendai-metric-types.js';
import { refused } from './arguments/check.js';
import { toLiveOptions, type LiveOptions } from './arguments/decisions.js';
import { toFamilyQueries, toFamilyQuery, type FamilyQuery } from './arguments/families.js';
import { toQueries, toQuery, type MetricQuery } from './arguments/query.js';
import { toOptions, type RangeOptions } from './arguments/range.js';
import { MetricError } from './metric-error.js';

/** The arguments of a verb beside the configuration. Queries and options are as everywhere in this package; all else is as the schema has it. */
export interface Request {
  query?: MetricQuery | FamilyQuery;
  queries?: MetricQuery[] | FamilyQuery[];
  /** Of `query-live-stats` its own, of all other verbs those of a range. */
  options?: RangeOptions | LiveOptions;
  [field: string]: unknown;
}

/** The request of a verb as the JSON interface takes it. @throws {MetricError} */
export function toDocument(verb: string, config: wit.Config | undefined, { query, queries, options, ...others }: Request): string {
  const isLive = verb.startsWith('query-live-stats');
  const isFamily = verb.startsWith('family-') || verb.startsWith('query-famil');
  return toText({
    ...others,
    ...(config && { config: snake(config) }),
    ...(query && { query: snake(isFamily ? toFamilyQuery(query as FamilyQuery) : toQuery(query as MetricQuery)) }),
    ...(queries && { queries: snake(isFamily ? toFamilyQueries(queries as FamilyQuery[]) : toQueries(queries as MetricQuery[])) }),
    ...(options && { options: snake(isLive ? toLiveOptions(options as LiveOptions) : toOptions(options as RangeOptions)) }),
  });
}

/** Records of the contract as one request. @throws {MetricError} */
export function fromRecords(records: Record<string, unknown>): string {
  return toText(snake(records));
}

function toText(document: unknown): string {
  try {
    return JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  } catch (cause) {
    throw refused('request', `not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The result in an answer of the JSON interface. @throws {MetricError} */
export function fromDocument(text: string): unknown {
  const { result, error } = JSON.parse(text) as AnswerDocument;
  if (error) throw toMetricError(error);
  return result;
}

/** The results of a batch in the JSON interface as records, an error in the place of one that failed. */
export function toOutcomes<T>(documents: unknown): (T | MetricError)[] {
  return (documents as AnswerDocument[]).map(({ result, error }) => (error ? toMetricError(error) : toRecord<T>(result)));
}

/** Fields whose values are names of the contract. */
const NAMES = new Set(['groupBy', 'backend', 'members', 'both', 'by', 'dimension', 'kind', 'member']);

/** @param ofLabels Whether the record that the field is in names labels, which are no names of the contract: what is filled into a preset, and what is asked of a family. */
function snake(value: unknown, field = '', ofLabels = false): unknown {
  if (typeof value === 'string') return NAMES.has(field) && !ofLabels ? value.replaceAll('-', '_') : value;
  if (Array.isArray(value)) return value.map((one) => snake(one, field, ofLabels));
  if (typeof value !== 'object' || value === null) return value;
  if ('tag' in value) {
    const { tag, val } = value as { tag: string; val?: unknown };
    return val === undefined ? tag : { [tag]: snake(val, tag, ofLabels) };
  }
  const inLabels = field === 'arguments' || field === 'overTime' || 'family' in value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snake(inner, name, inLabels)]));
}

/** Fields that hold a whole number of 64 bits. */
const TIMES = new Set(['at', 'start', 'end', 'peak_at']);

/** Fields that hold a number which JSON may have to write as a word. */
const NUMBERS = new Set(['current', 'min', 'max', 'avg', 'capacity', 'percent', 'accumulated', 'value', 'first', 'last', 'total', 'peak', 'expected', 'score']);

/** Fields that hold a column of such numbers. */
const COLUMNS = new Set(['values', 'expected', 'lower', 'upper', 'scores']);

/** A result of the JSON interface as the record that the typed interface gives. */
export function toRecord<T>(document: unknown): T {
  return camel(document) as T;
}

function camel(value: unknown, field = ''): unknown {
  if (value === null) return undefined;
  if (typeof value === 'number') return TIMES.has(field) ? BigInt(value) : value;
  if (typeof value === 'string') return NUMBERS.has(field) ? toNumber(value) : field === 'verdict' ? value.replaceAll('_', '-') : value;
  if (Array.isArray(value)) {
    if (field === 'timestamps') return BigInt64Array.from(value, BigInt);
    if (COLUMNS.has(field)) return Float64Array.from(value, toNumber);
    return value.map((one) => camel(one, field));
  }
  if (typeof value !== 'object') return value;
  if (field === 'labels') return Object.entries(value);
  if (field === 'quantiles') return Object.fromEntries(Object.entries(value).map(([part, quantile]) => [part, toNumber(quantile as number | string)]));
  // What went wrong with a chunk is read by who knows of errors.
  if (field === 'error') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camelName(name), camel(inner, name)]));
}

/** A number, or one of the words for what JSON cannot write. */
function toNumber(value: number | string): number {
  return value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value);
}

const camelName = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

interface AnswerDocument {
  result?: unknown;
  error?: ErrorDocument;
}

/** An error of the JSON interface. */
export interface ErrorDocument {
  type: string;
  chunk?: { start: number; end: number } | null;
  [field: string]: unknown;
}

/** The error of a document. */
export function toMetricError({ type, chunk, ...fields }: ErrorDocument): MetricError {
  const tag = type.replaceAll('_', '-');
  const names = Object.keys(fields);
  const given = Object.entries(fields).flatMap(([name, value]) => {
    if (value === null) return [];
    return [[camelName(name), name === 'maximum' || name === 'requested' ? BigInt(value as number) : value]];
  });
  const val = names.length === 1 && names[0] === 'message' ? fields.message : Object.fromEntries(given);
  const span = chunk ? { start: BigInt(chunk.start), end: BigInt(chunk.end) } : undefined;
  return new MetricError({ tag, val } as wit.Error, undefined, span);
}
