// How an answer is held against what a case expects: objects field by field, lists whole, `labels` whole,
// numbers bit for bit, `{"$…": …}` by rule. Knows JSON (and 64-bit integers), not metrics, and runs in a browser too.

import { generated } from './bodies.js';

/** The differences, each a line that says where; empty when the answer fits. */
export function differences(expected, came, at = 'answer') {
  const differ = (what) => [`${at}: expected ${what}, came ${show(came)}`];
  if (Array.isArray(expected)) {
    if (!Array.isArray(came) || came.length !== expected.length) return differ(show(expected));
    return expected.flatMap((element, index) => differences(element, came[index], `${at}[${index}]`));
  }
  if (typeof expected !== 'object' || expected === null) return same(expected, came) ? [] : differ(show(expected));
  const names = Object.keys(expected);
  if (names.length === 0) throw new Error(`${at}: \`{}\` accepts anything`);
  if (names.some((name) => name.startsWith('$'))) {
    return names.flatMap((name) => (holds(name, expected[name], came) ? [] : differ(`${name} ${show(expected[name])}`)));
  }
  if (typeof came !== 'object' || came === null || Array.isArray(came)) return differ(show(expected));
  return names.flatMap((name) => {
    const place = `${at}.${name}`;
    if (!Object.hasOwn(came, name)) return [`${place}: is missing`];
    // All labels are kept, and none is added.
    if (name === 'labels') return same(expected[name], came[name]) ? [] : [`${place}: expected ${show(expected[name])}, came ${show(came[name])}`];
    return differences(expected[name], came[name], place);
  });
}

function holds(rule, argument, came) {
  const fits = (expected, value) => differences(expected, value).length === 0;
  const length = typeof came === 'string' ? [...came].length : Array.isArray(came) ? came.length : undefined;
  const isNumber = typeof came === 'number' || typeof came === 'bigint';
  switch (rule) {
    case '$contains':
      return typeof came === 'string' && [argument].flat().every((part) => came.includes(part));
    case '$lacks':
      return typeof came === 'string' && ![argument].flat().some((part) => came.includes(part));
    case '$not-empty':
      return length > 0;
    case '$shorter-than':
      return length < argument;
    case '$length':
      return length === argument;
    case '$at-least':
      return isNumber && came >= argument;
    case '$at-most':
      return isNumber && came <= argument;
    case '$any-of':
      return argument.some((choice) => fits(choice, came));
    case '$has':
      return Array.isArray(came) && argument.every((wanted) => came.some((element) => fits(wanted, element)));
    case '$generated':
      return same(generated(argument), came);
    default:
      throw new Error(`\`${rule}\` is not a rule`);
  }
}

/** Numbers bit for bit; a text may stand for the number that it writes. */
function same(expected, came) {
  if (typeof came === 'bigint') return /^-?\d+$/.test(String(expected)) && BigInt(expected) === came;
  if (typeof came === 'number' && typeof expected === 'string') return expected.trim() !== '' && Object.is(Number(expected), came);
  if (Array.isArray(expected) && Array.isArray(came)) {
    return expected.length === came.length && expected.every((element, index) => same(element, came[index]));
  }
  if (isObject(expected) && isObject(came)) {
    const names = Object.keys(expected);
    return names.length === Object.keys(came).length && names.every((name) => Object.hasOwn(came, name) && same(expected[name], came[name]));
  }
  return Object.is(expected, came);
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON, of a length that can be read. */
function show(value) {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner)) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}
