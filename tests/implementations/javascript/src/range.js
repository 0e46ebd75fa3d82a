// Instants, ranges, and the grid of points that is asked for.

import { head, invalidArgument, invalidTimeRange, limitExceeded } from './failure.js';

const [FIRST, LAST] = [-62135596800000, 253402300799999]; // the years 1 to 9999
const CLOCK = /^(\d{4}-\d{2}-\d{2})(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?(?:([Zz])|([+-])([01]\d|2[0-3]):?([0-5]\d)?)?)?$/;

/** Unix milliseconds, or NaN. What is finer is cut off. */
function parseTime(given) {
  const text = given.trim();
  const millis = /^-?\d+(\.\d+)?$/.test(text) ? unixSeconds(text) : iso8601(text);
  return millis >= FIRST && millis <= LAST ? millis : NaN;
}

function unixSeconds(text) {
  const [, sign, whole, fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const millis = Number(whole) * 1000 + Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  // Down, also before 1970.
  return sign ? -millis - (/[1-9]/.test((fraction ?? '').slice(3)) ? 1 : 0) : millis;
}

function iso8601(text) {
  const parts = CLOCK.exec(text);
  if (!parts) return NaN;
  const [, date, hour = '00', minute = '00', second = '00', fraction = '', , sign, offsetHours, offsetMinutes = '00'] = parts;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // Some engines take 30 February for 2 March.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date)) return NaN;
  const offset = sign ? Number(`${sign}1`) * (Number(offsetHours) * 60 + Number(offsetMinutes)) : 0;
  const clock = (Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second);
  return midnight + clock * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
}

function readTime(field, text) {
  const millis = parseTime(text);
  if (Number.isNaN(millis)) throw invalidTimeRange(`${field} "${head(text)}" cannot be read as a time`);
  return millis;
}

/** The documented step for a range of so many milliseconds, in seconds. */
function guidedStep(millis) {
  const minutes = millis / 60000;
  if (minutes <= 30) return 30;
  if (minutes < 60) return 60;
  if (minutes <= 6 * 60) return 300;
  return minutes <= 24 * 60 ? 900 : 3600;
}

/**
 * The grid `{ start, end, step, points }` of a query, in seconds, and what there is to say about it. Points at instants:
 * both ends moved back to multiples of the step. Points that look back: the first multiple after the start, to the first
 * that is not before the end.
 */
export function layGrid(config, query, looksBack) {
  const start = readTime('start', query.start);
  const end = readTime('end', query.end);
  if (end < start) throw invalidTimeRange(`end "${head(query.end)}" is before start "${head(query.start)}"`);
  if (query.step === 0) throw invalidArgument('step', '0; accepted is at least 1 second, or none');
  const length = end - start;
  if (length > config.maxRange * 1000) {
    throw limitExceeded('max-range', config.maxRange, Math.ceil(length / 1000));
  }
  const aligned = (step) => {
    const phase = (((-(query.utcOffset ?? 0)) % step) + step) % step;
    const round = (way, millis) => way((millis - phase * 1000) / (step * 1000)) * step + phase;
    let [first, last] = [round(Math.floor, start), round(Math.floor, end)];
    if (looksBack) {
      last = round(Math.ceil, end);
      if (config.now != null) last = Math.min(last, round(Math.floor, Math.max(config.now, start)));
      first = Math.min(first + step, last);
    }
    return { start: first, end: last, step, points: (last - first) / step + 1 };
  };
  let grid;
  if (query.step != null) {
    grid = aligned(query.step);
  } else {
    // A multiple of the documented step where that alone would give too many points; alignment can add one.
    const guided = guidedStep(length);
    const factor = Math.max(1, Math.ceil(length / (guided * 1000 * Math.max(1, config.maxPoints - 1))));
    grid = aligned(factor * guided);
    if (grid.points > config.maxPoints) grid = aligned((factor + 1) * guided);
  }
  const until = Math.min(end, config.now ?? end);
  const from = Math.max(grid.end * 1000, start);
  const gap = looksBack && until > from ? until - from : 0;
  if (gap > 0 && gap >= length && query.step != null) {
    throw invalidArgument('step', `no point lies before the present; accepted is at most ${Math.max(1, Math.floor(length / 1000))} s`);
  }
  if (grid.points > config.maxPoints) throw limitExceeded('max-points', config.maxPoints, grid.points);
  const shown = (millis) => new Date(millis).toISOString().replace(/\.000Z$/, 'Z');
  const text = gap > 0 ? [`no point stands for ${shown(grid.end * 1000)} to ${shown(until)}: the next one lies in the future`] : [];
  // Of a range that moves on a bit is always missing.
  return gap > length / 10 ? { grid, warnings: text, infos: [] } : { grid, warnings: [], infos: text };
}
