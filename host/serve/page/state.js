// What is looked at, as the address bar keeps it. It stands behind the `#`, so that no server, proxy or log is told
// whose use somebody looks at. What an address says that is not understood counts as not said.

/** The dimensions that can be filtered on and grouped by, as the API names them, by their names in the address. */
export const DIMENSIONS = new Map([
  ['kernel', 'kernel_id'],
  ['session', 'session_id'],
  ['agent', 'agent_id'],
  ['user', 'user_id'],
  ['project', 'project_id'],
]);

/** Ranges that end now, in seconds. */
export const PRESETS = new Map([['1h', 3600], ['6h', 21_600], ['1d', 86_400], ['7d', 604_800]]);

const STATISTIC = /^(avg|max|min|last|p(100|\d{1,2}(\.\d{1,3})?))$/;
const OVER = /^(members|both):(\w+)$/;
const VALUES = ['usage', 'current', 'capacity', 'pct'];

/** @typedef {ReturnType<typeof initial>} State */
export const initial = () => ({
  metric: '',
  /** A side of the metric; empty: all. */
  value: '',
  /** By the names above, each a list of values. */
  filters: Object.fromEntries([...DIMENSIONS.keys()].map((name) => [name, []])),
  by: [],
  /** A preset; empty: from `from` to `to`. */
  range: '1h',
  /** Unix milliseconds. */
  from: 0,
  to: 0,
  /** Seconds between two points; 0: chosen from the length of the range. */
  step: 0,
  statistic: '',
  /** `time`, or `members:kernel`, or `both:kernel`. */
  over: 'time',
  anomalies: false,
  top: false,
  /** Whether the query and its plan are shown. */
  plan: false,
  /** The column that the table is sorted by, with `-` before it for the largest first; empty: the answer's order. */
  sort: '',
  /** The keys of series that are not drawn. */
  hidden: [],
});

/** @returns {State} what an address such as `#metric=mem&by=agent&range=6h` says */
export function parse(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const state = initial();
  const text = (name) => said.get(name) ?? '';
  const one = (name, accepted, otherwise) => (accepted(text(name)) ? text(name) : otherwise);
  const [from, to, step] = ['from', 'to', 'step'].map((name) => Number(said.get(name) ?? Number.NaN));
  state.metric = text('metric');
  state.value = one('value', (value) => VALUES.includes(value), '');
  for (const name of DIMENSIONS.keys()) state.filters[name] = [...new Set(said.getAll(name))].filter(Boolean);
  state.by = [...new Set(said.getAll('by'))].filter((name) => DIMENSIONS.has(name));
  state.range = one('range', (name) => PRESETS.has(name), '1h');
  if (isInstant(from) && isInstant(to) && from < to) Object.assign(state, { range: '', from, to });
  if (Number.isInteger(step) && step > 0 && step < 2 ** 32) state.step = step;
  state.statistic = one('statistic', (name) => STATISTIC.test(name), '');
  state.over = one('over', (name) => DIMENSIONS.has(OVER.exec(name)?.[2]), 'time');
  for (const name of ['anomalies', 'top', 'plan']) state[name] = said.has(name);
  state.sort = one('sort', (name) => /^-?\w+$/.test(name), '');
  state.hidden = said.getAll('hide');
  return state;
}

/** The address of a state. What is as it is at first is left out. */
export function format(state) {
  const said = new URLSearchParams();
  const say = (name, value, usual) => value !== usual && said.append(name, value);
  say('metric', state.metric, '');
  say('value', state.value, '');
  for (const [name, values] of Object.entries(state.filters)) for (const value of values) said.append(name, value);
  for (const name of state.by) said.append('by', name);
  if (state.range) said.append('range', state.range);
  else for (const name of ['from', 'to']) said.append(name, state[name]);
  say('step', state.step, 0);
  say('statistic', state.statistic, '');
  say('over', state.over, 'time');
  for (const name of ['anomalies', 'top', 'plan']) if (state[name]) said.append(name, '');
  say('sort', state.sort, '');
  for (const key of state.hidden) said.append('hide', key);
  return `#${said}`;
}

/** A time that a calendar of four digits has: Unix milliseconds. */
const isInstant = (time) => Number.isInteger(time) && time >= 0 && time < 253_402_300_800_000;

/** From when to when, Unix milliseconds. */
export function span({ range, from, to }, now = Date.now()) {
  return range ? { from: now - PRESETS.get(range) * 1000, to: now } : { from, to };
}

/** A chosen range, in whole seconds, not beyond now. */
export function chosen(state, from, to, now = Date.now()) {
  const length = Math.max(to - from, 1000);
  const end = Math.min(to, now);
  const whole = (time) => Math.max(Math.round(time / 1000), 0) * 1000;
  return { ...state, range: '', from: whole(end - length), to: whole(end) };
}
