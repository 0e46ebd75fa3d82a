// Values as people read them: `3.5 GiB`, `350 mcores`, `12.4 %`, `2.3 core-hours`. Knows the units of the contract,
// and where to put the lines of a scale.

const HOUR = 3600;

const SCALES = {
  bytes: { base: 1024, steps: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] },
  milliseconds: { base: 1000, steps: ['ms', 's'] },
  millicores: { base: 1000, steps: ['mcores', 'cores'] },
  percent: { base: 1000, steps: ['%'] },
  watts: { base: 1000, steps: ['W', 'kW', 'MW'] },
  count: { base: 1000, steps: ['', 'k', 'M', 'G', 'T'] },
  // Value times time, as it is billed.
  'byte-seconds': { base: 1024, steps: ['B·h', 'KiB·h', 'MiB·h', 'GiB·h', 'TiB·h', 'PiB·h'], one: HOUR },
  'watt-seconds': { base: 1000, steps: ['Wh', 'kWh', 'MWh'], one: HOUR },
  'millicore-seconds': { base: 1000, steps: ['core-hours'], one: 1000 * HOUR },
  'percent-seconds': { base: 1000, steps: ['device-hours'], one: 100 * HOUR },
};

/** The contract's unit: one of the above, or one of them a second; none where nobody knows. */
function scale(unit) {
  const [name, perSecond] = (unit ?? 'count').split('/');
  const known = Object.hasOwn(SCALES, name) ? SCALES[name] : { base: 1000, steps: [` ${name}`] };
  return { one: 1, ...known, suffix: perSecond ? `/${perSecond}` : '' };
}

/** A value with its unit. `span` is the largest value beside it, which decides between B and GiB. */
export function withUnit(value, unit, span = Math.abs(value)) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const { base, steps, suffix, one } = scale(unit);
  const size = span / one;
  const power = size > 0 ? Math.min(Math.max(Math.floor(Math.log(size) / Math.log(base) + 1e-9), 0), steps.length - 1) : 0;
  const number = (value / one / base ** power).toLocaleString('en', { maximumSignificantDigits: 4 });
  return `${number} ${steps[power]}${suffix}`.replace(' /', '/').trim();
}

/** The distances that lines of a scale may have: round in the unit that they are written in. */
export function increments(unit) {
  if (scale(unit).base !== 1024) return undefined;
  return Array.from({ length: 64 }, (_, power) => 2 ** (power - 4));
}

const DURATIONS = [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]];

/** Seconds as `1 h 30 min`. */
export function duration(seconds) {
  let left = Math.round(seconds);
  const parts = [];
  for (const [name, length] of DURATIONS) {
    const count = Math.floor(left / length);
    if (count > 0) parts.push(`${count} ${name}`);
    left -= count * length;
  }
  return parts.join(' ') || '0 s';
}

const DATE = new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'medium' });

/** Unix milliseconds as `2026-01-05 04:00:00`, in the browser's zone. */
export const localTime = (milliseconds) => DATE.format(new Date(milliseconds));

/** From when to when; a date that both have in common is said once. */
export function localSpan(start, end) {
  const [from, to] = [localTime(start), localTime(end)];
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}
