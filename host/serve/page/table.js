// The series as a table, which is the chart's legend as well: what each came to over the range, its value under the
// pointer, and whether it is drawn.

import { element } from './dom.js';
import { printable, shortened, spoken, telling } from './labels.js';
import { swatch } from './palette.js';
import { withUnit } from './units.js';

/** The numbers of a summary, in the order of their columns. */
const NUMBERS = [
  ['last', 'last', (one) => one.last],
  ['min', 'min', (one) => one.min],
  ['avg', 'mean', (one) => one.avg],
  ['max', 'max', (one) => one.max],
  ['p95', 'p95', (one) => one.p95],
];

/**
 * Fills the table. `rows` are `{series, key, name, rank, summary}` in the order of the lines, `drawn` how many of them have
 * one; `units` are `{unit, total}`; the rest are called back with what to show.
 * @returns {{show(state: {sort: string, hidden: string[]}): void, point(values: (number | null)[] | null): void, focus(at: number | null): void}}
 */
export function fillTable(table, { rows, drawn, units, onSort, onHide, onHover }) {
  const keys = rows.map(({ key }) => key);
  const columns = numbers(rows, units);
  let shown = { sort: '', hidden: [] };
  const isShown = (key) => !shown.hidden.includes(key);
  const isAlone = (key) => isShown(key) && keys.every((other) => other === key || !isShown(other));

  const all = element('input', { type: 'checkbox', ariaLabel: 'Draw all' });
  all.addEventListener('change', () => onHide(all.checked ? [] : keys));

  const labelled = rows.filter(({ series }) => series.title === undefined);
  const names = telling(labelled.map(({ series }) => series.labels)).filter((name) => name !== 'value_type' || labelled.length > 1);
  const texts = names.map((name) => shortened(rows.map(({ series }) => series.labels[name])));

  const headers = columns.map(({ id, title }) => {
    const button = element('button', { type: 'button', className: 'sort' }, title);
    button.addEventListener('click', () => onSort(shown.sort === `-${id}` ? id : `-${id}`));
    return element('th', { scope: 'col', className: 'number' }, button);
  });

  const lines = rows.map((row, at) => {
    const { series, key, name } = row;
    const box = element('input', { type: 'checkbox', ariaLabel: `Draw ${name}`, disabled: at >= drawn });
    box.addEventListener('change', () => onHide(box.checked ? shown.hidden.filter((one) => one !== key) : [...shown.hidden, key]));
    // The first label leaves this line alone, or brings the others back.
    const only = element('button', { type: 'button', className: 'only' }, element('bdi', {}, series.title ?? texts[0]?.[at] ?? 'all'));
    only.addEventListener('click', () => onHide(isAlone(key) ? [] : keys.filter((other) => other !== key)));
    const whole = (label) => printable(series.labels[label] ?? '');
    const now = element('td', { className: 'number now' });
    const line = element('tr', {},
      element('td', { className: 'line' }, element('label', {}, box, ...(at < drawn ? [swatch(at)] : []))),
      element('th', { scope: 'row', title: whole(names[0]) }, only),
      ...names.slice(1).map((label, index) => element('td', { title: whole(label) }, element('bdi', {}, texts[index + 1][at] ?? ''))),
      now,
      ...columns.map(({ text }) => element('td', { className: 'number' }, text(row))));
    if (at < drawn) {
      line.addEventListener('pointerenter', () => onHover(at));
      line.addEventListener('pointerleave', () => onHover(null));
    }
    return { line, box, only, now, key };
  });

  const body = element('tbody');
  const titles = names.length > 0 ? names.map((name) => (name === 'value_type' ? 'value' : spoken(name))) : ['series'];
  table.replaceChildren(
    element('thead', {}, element('tr', {},
      element('th', { className: 'line', scope: 'col' }, element('label', {}, all)),
      ...titles.map((title) => element('th', { scope: 'col' }, title)),
      element('th', { className: 'number now', scope: 'col' }, 'at pointer'),
      ...headers)),
    body,
  );

  return {
    show(state) {
      shown = state;
      body.replaceChildren(...order(rows, columns, shown.sort).map((at) => lines[at].line));
      columns.forEach(({ id }, at) => (headers[at].ariaSort = { [id]: 'ascending', [`-${id}`]: 'descending' }[shown.sort] ?? null));
      all.checked = keys.every(isShown);
      all.indeterminate = !all.checked && keys.some(isShown);
      for (const { line, box, only, key } of lines) {
        box.checked = isShown(key);
        only.ariaPressed = isAlone(key);
        line.classList.toggle('off', !isShown(key));
      }
    },
    point(values) {
      lines.forEach(({ now }, at) => (now.textContent = Number.isFinite(values?.[at]) ? withUnit(values[at], units.unit) : ''));
    },
    focus(at) {
      lines.forEach(({ line }, index) => line.classList.toggle('focus', index === at));
    },
  };
}

/** The columns of numbers that these rows have. */
function numbers(rows, units) {
  const column = (id, title, number, unit) => ({
    id,
    title,
    number: (row) => number(row) ?? Number.NaN,
    text: (row) => (number(row) === undefined || number(row) === null ? '–' : withUnit(number(row), unit)),
  });
  const has = (part) => rows.some((row) => part(row) !== undefined && part(row) !== null);
  const columns = NUMBERS.map(([id, title, part]) => column(id, title, ({ summary }) => summary && part(summary), units.unit));
  if (has(({ summary }) => summary?.total)) columns.push(column('total', 'total', ({ summary }) => summary?.total, units.total));
  columns.push(column('present', 'present', ({ summary }) => summary && (100 * summary.points) / Math.max(summary.asked, 1), 'percent'));
  if (has(({ rank }) => rank)) columns.unshift(column('rank', 'rank', ({ rank }) => rank));
  return columns;
}

/** The places of the rows, by a column; what is no number comes last. */
function order(rows, columns, sort) {
  const column = columns.find(({ id }) => id === sort.replace('-', ''));
  const places = rows.map((_, at) => at);
  if (!column) return places;
  const sign = sort.startsWith('-') ? -1 : 1;
  const rank = (at) => (Number.isNaN(column.number(rows[at])) ? Number.POSITIVE_INFINITY : sign * column.number(rows[at]));
  return places.sort((a, b) => rank(a) - rank(b) || 0);
}
