// Names for series, made of the labels that tell them apart. Label values are text that others wrote: a character that
// is not seen, or that turns the direction of reading, is written as an escape.

/** Control and format characters, line ends, and what is drawn as nothing. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Text from outside that is fit to be shown. */
export const printable = (text) => text.replace(HIDDEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

/** What identifies a series: its labels, in one order. */
export const key = (labels) => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The labels that tell these sets of labels apart, in the order of their first occurrence. One set: all of its labels. */
export function telling(sets) {
  const names = [...new Set(sets.flatMap(Object.keys))];
  return sets.length === 1 ? names : names.filter((name) => new Set(sets.map((labels) => labels[name])).size > 1);
}

/** A label's name as people say it: `owner_user_id` is a user. */
export const spoken = (name) => printable(name.replace(/^owner_(?=user_id$|project_id$)|_id$/g, ''));

/** Values of one label as they are shown: UUIDs by their first group, where that still tells them apart. */
export function shortened(values) {
  const shown = values.map((value) => (value === undefined ? undefined : printable(value)));
  const short = shown.map((value) => (UUID.test(value) ? value.slice(0, 8) : value));
  return new Set(short).size === new Set(values).size ? short : shown;
}

/** A name for each series: its own `title`, else `agent i-3d58bb03f31a, kernel 533da458`. */
export function names(series) {
  const sets = series.filter(({ title }) => title === undefined).map(({ labels }) => labels);
  const parts = telling(sets).map((name) => {
    const before = name === 'value_type' ? '' : `${spoken(name)} `;
    return shortened(sets.map((labels) => labels[name])).map((value) => (value === undefined ? [] : [before + value]));
  });
  const made = sets.map((_, at) => parts.flatMap((column) => column[at]).join(', ') || 'all');
  return series.map(({ title }) => title ?? made.shift());
}
