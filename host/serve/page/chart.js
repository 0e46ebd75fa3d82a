// A result as a chart: one line a series, time below, the unit at the side, and what is under the pointer. A gap in the
// data is a gap in the line. Knows uPlot and the contract's columns, and leaves what is around the chart to its page.

import uPlot from './vendor/uplot/uPlot.esm.js';

import { names } from './labels.js';
import { band, hatch, marks, reach, shade } from './overlay.js';
import { style } from './palette.js';
import { touch } from './touch.js';
import { increments, localTime, withUnit } from './units.js';

/** More lines than this nobody tells apart, and a browser draws slowly. */
export const MOST_LINES = 100;

/** With more lines than this the bands hide each other: that of the line in focus is drawn. */
const MOST_BANDS = 3;

/** Pixels that numbers with their unit need at the side. */
const side = (_, texts) => 16 + 7 * Math.max(4, ...(texts ?? []).map(({ length }) => length));

/** What stands below the chart, by the distance of its lines in seconds; the date stands where it changes. */
const TIMES = [
  [28 * 86_400, '{MMM} {YYYY}', null, null, null, null, null, null, 1],
  [86_400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
];

/**
 * Draws a result into an element. `options`, all of them optional:
 * `height` in pixels; `legend`, whether there is one below; `missing`, spans of which nothing is known;
 * `watched`, for each series its band and anomalies, or nothing, and `watchStep`, their seconds;
 * `hidden`, which series are not drawn at first;
 * `onRange(from, to)`, a range was drawn with the pointer, Unix milliseconds;
 * `onPoint(values)`, each series' value under the pointer; `onFocus(at)`, which series is under it; `null` for none.
 * @returns {{destroy(): void, show(at: number, isShown: boolean): void, focus(at: number | null): void}}
 */
export function draw(element, result, options = {}) {
  const { height = 380, legend = true, missing = [], watched = [], watchStep = result.step, hidden = new Set() } = options;
  const shown = result.series.slice(0, MOST_LINES);
  const titles = names(shown);
  const data = aligned(result, shown);
  const [quiet, line, alarm] = ['--quiet', '--line', '--alarm'].map((variable) => ink(element, variable));
  const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  const tip = Object.assign(document.createElement('div'), { className: 'tip', hidden: true });
  tip.setAttribute('aria-live', 'polite');
  let focused = null;

  const known = ({ series }) => watched.flatMap((one, at) => (one && series[at + 1]?.show ? [at] : []));
  const banded = (chart) => {
    const all = known(chart);
    return all.length <= MOST_BANDS ? all : all.filter((at) => at === focused);
  };

  function under(chart) {
    hatch(chart, missing, result.step, quiet);
    for (const at of banded(chart)) {
      band(chart, watched[at], watchStep, style(at).stroke);
      shade(chart, watched[at].anomalies, alarm);
    }
  }

  function over(chart) {
    marks(chart, known(chart).flatMap((at) => watched[at].anomalies), alarm);
  }

  /** The scale holds zero, the lines, and the bands. */
  function range(chart, low, high) {
    const reached = banded(chart).map((at) => reach(watched[at]));
    const least = Math.min(low ?? 0, 0, ...reached.map(([bottom]) => bottom));
    const most = Math.max(high ?? 0, ...reached.map(([, top]) => top));
    return uPlot.rangeNum(least, most || 1, 0.08, true);
  }

  function point(chart) {
    const { idx, left, top } = chart.cursor;
    options.onPoint?.(idx === null || idx === undefined ? null : data.slice(1).map((column) => column[idx]));
    tip.hidden = idx === null || idx === undefined || left < 0;
    if (tip.hidden) return;
    const value = focused === null ? undefined : data[focused + 1][idx];
    const text = focused === null ? [] : [titles[focused], value === null || value === undefined ? 'no value' : withUnit(value, result.unit)];
    tip.replaceChildren(...[localTime(data[0][idx] * 1000), ...text].map((text) => Object.assign(document.createElement('bdi'), { textContent: text })));
    const { clientWidth, clientHeight } = chart.over;
    const [across, down] = [left > clientWidth / 2 ? left - tip.offsetWidth - 14 : left + 14, Math.min(top + 12, clientHeight - tip.offsetHeight)];
    tip.style.transform = `translate(${Math.max(across, 0)}px, ${Math.max(down, 0)}px)`;
  }

  const chart = new uPlot(
    {
      width: element.clientWidth,
      height,
      legend: { show: legend },
      cursor: { focus: { prox: 24 }, drag: { x: true, y: false, setScale: false } },
      focus: { alpha: 0.2 },
      scales: { y: { range } },
      axes: [
        { ...axis, gap: 9, space: 70, values: TIMES },
        {
          ...axis,
          size: side,
          incrs: increments(result.unit),
          values: (_, splits) => splits.map((split) => withUnit(split, result.unit, Math.max(...splits.map(Math.abs)))),
        },
      ],
      series: [
        { label: 'Time', value: '{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}' },
        ...shown.map((_, at) => ({
          ...style(at),
          label: titles[at],
          show: !hidden.has(at),
          width: shown.length > 12 ? 1.2 : 1.6,
          spanGaps: false,
          points: { size: 5, filter: lonely(data[at + 1]) },
          value: (_, value) => (value === null || value === undefined ? '–' : withUnit(value, result.unit)),
        })),
      ],
      hooks: {
        drawAxes: [under],
        draw: [over],
        setCursor: [point],
        setSeries: [(chart, at, { focus }) => {
          if (focus === undefined) return;
          focused = at > 0 ? at - 1 : null;
          options.onFocus?.(focused);
          point(chart);
        }],
        setSelect: [(chart) => {
          const { select } = chart;
          if (select.width < 4) return;
          const [from, to] = [select.left, select.left + select.width].map((left) => 1000 * chart.posToVal(left, 'x'));
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          options.onRange?.(from, to);
        }],
      },
    },
    data,
    element,
  );
  chart.over.append(tip);
  keys(chart, () => focused);
  touch(chart);
  const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
  observer.observe(element);
  return {
    destroy() {
      observer.disconnect();
      chart.destroy();
    },
    show: (at, isShown) => chart.setSeries(at + 1, { show: isShown }),
    focus: (at) => chart.setSeries(at === null ? null : at + 1, { focus: true }),
  };
}

/** With the arrow keys the pointer goes from point to point, and from line to line. */
function keys(chart, focused) {
  Object.assign(chart.root, { tabIndex: 0, role: 'group', ariaLabel: 'Chart: the arrow keys read its points' });
  const there = (at, idx) => chart.series[at + 1].show && Number.isFinite(chart.data[at + 1][idx]);
  const last = chart.data[0].length - 1;

  function go(idx, at) {
    const top = at === null ? 0 : chart.valToPos(chart.data[at + 1][idx], 'y');
    chart.setCursor({ left: chart.valToPos(chart.data[0][idx], 'x'), top });
    if (at !== null) chart.setSeries(at + 1, { focus: true });
  }

  chart.root.addEventListener('keydown', (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [across, along] = moves[event.key] ?? [];
    if (across === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const from = chart.cursor.idx;
    const idx = Math.min(Math.max((from ?? last) + across, 0), last);
    const lines = chart.series.slice(1).flatMap((_, at) => (there(at, idx) ? [at] : []));
    const at = lines.indexOf(focused());
    const next = at < 0 ? 0 : (at + along + lines.length) % lines.length;
    go(idx, lines[next] ?? null);
  });
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

/** A colour of the page's style sheet, worked out: a canvas knows no variables. */
function ink(element, variable) {
  const probe = document.createElement('i');
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
