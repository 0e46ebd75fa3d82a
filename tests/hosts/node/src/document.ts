// The JSON interface: the contract's records as documents, with its names (`_` for `-`), and its errors back.

import type * as wit from '../generated/interfaces/backendai-metric-types.js';
import { refused } from './arguments/check.js';
import { toQueries, toQuery, type MetricQuery } from './arguments/query.js';
import { toOptions, type RangeOptions } from './arguments/range.js';
import { MetricError } from './metric-error.js';

/** The arguments of a verb beside the configuration. Queries and options are as everywhere in this package; all else is as the schema has it. */
export interface Request {
  query?: MetricQuery;
  queries?: MetricQuery[];
  options?: RangeOptions;
  [field: string]: unknown;
}

/** A request as the JSON interface takes it. @throws {MetricError} */
export function toDocument(config: wit.Config | undefined, { query, queries, options, ...others }: Request): string {
  const document = {
    ...others,
    ...(config && { config: snake(config) }),
    ...(query && { query: snake(toQuery(query)) }),
    ...(queries && { queries: snake(toQueries(queries)) }),
    ...(options && { options: snake(toOptions(options)) }),
  };
  try {
    return JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  } catch (cause) {
    throw refused('request', `not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The result in an answer of the JSON interface. @throws {MetricError} */
export function fromDocument(text: string): unknown {
  const { result, error } = JSON.parse(text) as { result?: unknown; error?: ErrorDocument };
  if (error) throw toMetricError(error);
  return result;
}

/** Fields whose values are names of the contract. */
const NAMES = new Set(['groupBy', 'backend', 'members', 'both']);

function snake(value: unknown, field = ''): unknown {
  if (typeof value === 'string') return NAMES.has(field) ? value.replaceAll('-', '_') : value;
  if (Array.isArray(value)) return value.map((one) => snake(one, field));
  if (typeof value !== 'object' || value === null) return value;
  if ('tag' in value) {
    const { tag, val } = value as { tag: string; val?: unknown };
    return val === undefined ? tag : { [tag]: snake(val, tag) };
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snake(inner, name)]));
}

interface ErrorDocument {
  type: string;
  chunk?: { start: number; end: number } | null;
  [field: string]: unknown;
}

function toMetricError({ type, chunk, ...fields }: ErrorDocument): MetricError {
  const tag = type.replaceAll('_', '-');
  const names = Object.keys(fields);
  const given = Object.entries(fields).flatMap(([name, value]) => {
    if (value === null) return [];
    const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    return [[camel, camel === 'maximum' || camel === 'requested' ? BigInt(value as number) : value]];
  });
  const val = names.length === 1 && names[0] === 'message' ? fields.message : Object.fromEntries(given);
  const span = chunk ? { start: BigInt(chunk.start), end: BigInt(chunk.end) } : undefined;
  return new MetricError({ tag, val } as wit.Error, undefined, span);
}
