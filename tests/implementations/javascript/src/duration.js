// Prometheus durations: https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations

const SECOND = 1000;
/** Largest first, with their milliseconds; a year has 365 days. */
const UNITS = { y: 31536000 * SECOND, w: 604800 * SECOND, d: 86400 * SECOND, h: 3600 * SECOND, m: 60 * SECOND, s: SECOND, ms: 1 };
const GRAMMAR = /^(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m(?!s))?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/;
/** Go keeps durations as nanoseconds in 64 bits. */
const LONGEST = Math.floor(Number(2n ** 63n / 1000000n));

/** Reads a duration: `{ text, millis }`, or throws a text that says what is wrong. */
export function parseDuration(text) {
  // `$` would pass a line break at the end.
  const amounts = text === '' || text.endsWith('\n') ? null : GRAMMAR.exec(text);
  if (!amounts) {
    throw 'not a Prometheus duration; accepted are whole numbers with the units y, w, d, h, m, s, ms, largest first, such as 5m or 1h30m';
  }
  const millis = Object.values(UNITS).reduce((sum, unit, at) => sum + Number(amounts[at + 1] ?? 0) * unit, 0);
  if (millis === 0) throw 'a window of zero holds no sample; accepted is at least 1ms';
  if (millis > LONGEST) throw 'longer than Prometheus can hold (292 years)';
  const written = Object.keys(UNITS).map((unit, at) => (amounts[at + 1] === undefined ? '' : `${BigInt(amounts[at + 1])}${unit}`));
  return { text: written.join(''), millis };
}

export const durationOfSeconds = (seconds) => durationOfMillis(seconds * SECOND);

/** A duration as Prometheus prints it: 75000 is `1m15s`. Years and weeks only where nothing is left over. */
export function durationOfMillis(whole) {
  let left = whole;
  let text = '';
  for (const [unit, millis] of Object.entries(UNITS)) {
    if (left < millis || ('yw'.includes(unit) && left % millis !== 0)) continue;
    text += `${Math.floor(left / millis)}${unit}`;
    left %= millis;
  }
  return { text, millis: whole };
}
