// A result as a chart: one line a series, time below, the unit at the side, a legend that shows the values under
// the pointer. A gap in the data is a gap in the line. Knows uPlot and the contract's columns.

import uPlot from 'uplot';

import { increments, withUnit } from './units.js';

/** More lines than this nobody tells apart, and a browser draws slowly. */
export const MOST_LINES = 30;

const HEIGHT = 380;

/** Pixels that a number and its unit need at the side. */
const SIDE = 92;

/** What stands below the chart, by the distance of its lines in seconds; the date stands where it changes. */
const TIMES = [
  [28 * 86_400, '{MMM} {YYYY}', null, null, null, null, null, null, 1],
  [86_400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
];

/** Draws a result into an element. Gives the chart. */
export function draw(element, result) {
  const shown = result.series.slice(0, MOST_LINES);
  const axis = { stroke: ink(element, '--quiet'), grid: { stroke: ink(element, '--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  const names = labels(shown);
  const data = aligned(result, shown);
  const chart = new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      cursor: { focus: { prox: 16 } },
      focus: { alpha: 0.25 },
      scales: { y: { range: (_, low, high) => uPlot.rangeNum(Math.min(low ?? 0, 0), high || 1, 0.08, true) } },
      axes: [
        { ...axis, space: 70, values: TIMES },
        {
          ...axis,
          size: SIDE,
          incrs: increments(result.unit),
          values: (_, splits) => splits.map((split) => withUnit(split, result.unit, Math.max(...splits.map(Math.abs)))),
        },
      ],
      series: [
        { label: 'Time', value: '{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}' },
        ...shown.map((_, at) => ({
          label: names[at],
          stroke: colour(at, shown.length),
          width: 1.6,
          spanGaps: false,
          points: { size: 5, filter: lonely(data[at + 1]) },
          value: (_, value) => (value === null || value === undefined ? '–' : withUnit(value, result.unit)),
        })),
      ],
    },
    data,
    element,
  );
  const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
  observer.observe(element);
  chart.hooks.destroy = [() => observer.disconnect()];
  return chart;
}

/** Every series on the result's own grid of steps: where one has no point, `null`, which is not drawn. */
function aligned(result, shown) {
  const [start, end, step] = [Number(result.start) / 1000, Number(result.end) / 1000, result.step];
  const times = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, at) => start + at * step);
  return [times, ...shown.map(({ timestamps, values }) => {
    const column = new Array(times.length).fill(null);
    timestamps.forEach((timestamp, at) => {
      const value = values[at];
      // NaN and the infinities have no place on a scale.
      if (Number.isFinite(value)) column[Math.round((Number(timestamp) / 1000 - start) / step)] = value;
    });
    return column;
  })];
}

/** A point with no neighbour makes no line: it is drawn as a dot. */
function lonely(column) {
  const isLonely = (value, at) => value !== null && (column[at - 1] ?? null) === null && (column[at + 1] ?? null) === null;
  const dots = column.flatMap((value, at) => (isLonely(value, at) ? [at] : []));
  return () => dots;
}

/** What tells the series apart, UUIDs cut to their first group. */
function labels(series) {
  const tables = series.map(({ labels }) => Object.fromEntries(labels));
  const telling = [...new Set(tables.flatMap(Object.keys))].filter((name) => tables.length === 1 || new Set(tables.map((table) => table[name])).size > 1);
  return tables.map((table) => telling
    .filter((name) => table[name] !== undefined)
    .map((name) => `${name.replace(/^owner_|_id$|^value_type$/g, '')} ${table[name].replace(/^([\da-f]{8})-[\da-f-]{27}$/, '$1')}`)
    .map((part) => part.trim())
    .join(', ') || 'all');
}

/** A colour of the page's style sheet, worked out: a canvas knows no variables. */
function ink(element, variable) {
  const probe = document.createElement('i');
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** As far apart on the circle of colours as there are lines, starting with blue. */
function colour(at, count) {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  return `hsl(${Math.round(215 + (360 * at) / count) % 360} 70% ${dark ? 65 : at % 2 ? 38 : 45}%)`;
}
