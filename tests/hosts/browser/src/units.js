// Values as people read them: `3.5 GiB`, `350 mcores`, `12.4 %`. Knows the units of the contract, and where to
// put the lines of a scale.

const SCALES = {
  bytes: { base: 1024, steps: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] },
  milliseconds: { base: 1000, steps: ['ms', 's'] },
  millicores: { base: 1000, steps: ['mcores', 'cores'] },
  percent: { base: 1000, steps: ['%'] },
  watts: { base: 1000, steps: ['W', 'kW', 'MW'] },
  count: { base: 1000, steps: ['', 'k', 'M', 'G', 'T'] },
};

/** The contract's unit: one of the above, or one of them a second; none where nobody knows. */
function scale(unit) {
  const [name, perSecond] = (unit ?? 'count').split('/');
  const known = SCALES[name] ?? { base: 1000, steps: [` ${name}`] };
  return { ...known, suffix: perSecond ? `/${perSecond}` : '' };
}

/** A value with its unit. `span` is the largest value beside it, which decides between B and GiB. */
export function withUnit(value, unit, span = Math.abs(value)) {
  const { base, steps, suffix } = scale(unit);
  const power = span > 0 ? Math.min(Math.max(Math.floor(Math.log(span) / Math.log(base) + 1e-9), 0), steps.length - 1) : 0;
  const number = (value / base ** power).toLocaleString('en', { maximumSignificantDigits: 4 });
  return `${number} ${steps[power]}${suffix}`.replace(' /', '/').trim();
}

/** The distances that lines of a scale may have: round in the unit that they are written in. */
export function increments(unit) {
  if (scale(unit).base !== 1024) return undefined;
  return Array.from({ length: 64 }, (_, power) => 2 ** (power - 4));
}
