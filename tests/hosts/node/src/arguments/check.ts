// The checks that a caller's arguments go through, put together like the records that they check. JavaScript would
// drop an unknown field and wrap a number that is too large; here each is an `invalid-argument` that names the field.

import { MetricError } from '../metric-error.js';

/** Reads a value that a caller gave; throws an `invalid-argument` for `field` where it cannot. */
export type Check<T> = (value: unknown, field: string) => T;

/** Names of fields, each with its check. */
type Checks<T> = { [Name in keyof T]-?: Check<object extends Pick<T, Name> ? T[Name] | undefined : T[Name]> };

/** A refusal. */
export function refused(field: string, reason: string): MetricError {
  return new MetricError({ tag: 'invalid-argument', val: { field, reason } });
}

/** An object with these fields and no other. A field that is left out is checked as `undefined`. */
export function record<T extends object>(checks: Checks<T>, prefix?: string): Check<T> {
  const known = Object.keys(checks) as (keyof T & string)[];
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(field, `${shown(value)} is not an object`);
    const place = (name: string) => (prefix === undefined ? name : `${prefix}.${name}`);
    for (const name of Object.keys(value)) {
      if (!(known as string[]).includes(name)) throw refused(place(name), `there is no such field; accepted are ${known.join(', ')}`);
    }
    const given = value as Partial<Record<string, unknown>>;
    const read: Partial<T> = {};
    for (const name of known) {
      const result = checks[name](given[name], place(kebab(name)));
      if (result !== undefined) read[name] = result;
    }
    return read as T;
  };
}

/** A value that may be left out: `undefined` and `null` are both "not given". */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, field) => (value === undefined || value === null ? undefined : check(value, field));
}

/** A value with a default. */
export function withDefault<T>(check: Check<T>, fallback: T): Check<T> {
  return (value, field) => (value === undefined || value === null ? fallback : check(value, field));
}

/** The longest text, in UTF-16 units: no name is so long, and the plugin's memory bears a thousand of them. */
const LONGEST_TEXT = 2 ** 16;

/** A text. A half of a character would reach Prometheus as another character. */
export const text: Check<string> = (value, field) => {
  if (typeof value !== 'string') throw refused(field, `${shown(value)} is not a string`);
  if (value.length > LONGEST_TEXT) throw refused(field, `a string of ${value.length} characters, at most ${LONGEST_TEXT}`);
  // An unpaired surrogate; with the `u` flag a pair is one character and does not match.
  if (/\p{Surrogate}/u.test(value)) throw refused(field, 'the string holds half of a character (an unpaired surrogate)');
  return value;
};

/** `true` or `false`. */
export const flag: Check<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw refused(field, `${shown(value)} is neither true nor false`);
  return value;
};

/** A number, not a text of one. */
const number: Check<number> = (value, field) => {
  if (typeof value !== 'number') throw refused(field, `${shown(value)} is not a number`);
  return value;
};

/** A number that is neither NaN nor infinite: JSON has no others. */
export const finite: Check<number> = (value, field) => {
  const given = number(value, field);
  if (!Number.isFinite(given)) throw refused(field, `${given} is not a finite number`);
  return given;
};

/** A whole number within bounds. */
export function integer(least: number, most: number): Check<number> {
  return (value, field) => {
    const given = typeof value === 'bigint' && value >= least && value <= most ? Number(value) : value;
    if (typeof given !== 'number' || !Number.isInteger(given) || given < least || given > most) {
      throw refused(field, `${shown(value)} is not an integer from ${least} to ${most}`);
    }
    return given;
  };
}

/** The contract's `u32`. */
export const u32 = integer(0, 2 ** 32 - 1);

/** A whole number that JavaScript counts exactly, for the contract's 64-bit fields. */
export function big(least: number): Check<bigint> {
  const exact = integer(least, Number.MAX_SAFE_INTEGER);
  return (value, field) => BigInt(exact(value, field));
}

/** One of these words. */
export function oneOf<Word extends string>(...words: Word[]): Check<Word> {
  return (value, field) => {
    if (!words.includes(value as Word)) throw refused(field, `${shown(value)} is not known; accepted are ${words.join(', ')}`);
    return value as Word;
  };
}

/** A list. */
export function list<T>(check: Check<T>): Check<T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw refused(field, `${shown(value)} is not an array`);
    return value.map((one) => check(one, field));
  };
}

/** A variant: a `tag`, and a `val` where its case has one. */
export function variant<T extends { tag: string; val?: unknown }>(cases: { [Tag in T['tag']]: Check<unknown> | undefined }): Check<T> {
  const tags = Object.keys(cases) as T['tag'][];
  return (value, field) => {
    if (typeof value !== 'object' || value === null) throw refused(field, `${shown(value)} is not known; accepted are ${tags.map((tag) => `{ tag: '${tag}' }`).join(', ')}`);
    const { tag, val, ...rest } = value as { tag?: unknown; val?: unknown };
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw refused(`${field}.${unknown}`, 'there is no such field; accepted are tag, val');
    const known = oneOf(...tags)(tag, field);
    const check = cases[known];
    if (!check && val !== undefined) throw refused(field, `${known} takes no value`);
    return (check ? { tag: known, val: check(val, field) } : { tag: known }) as T;
  };
}

/** The value, of any kind, as a message can show it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'object' && value !== null) return `a value of the type ${value.constructor?.name ?? 'object'}`;
  return typeof value === 'symbol' || typeof value === 'function' ? `a ${typeof value}` : String(value);
}

/** A field as the contract writes it. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
