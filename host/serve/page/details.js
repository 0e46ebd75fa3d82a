// What stands under the chart beside the series: what is out of the ordinary, and the query with its plan.

import { element } from './dom.js';
import { duration, localSpan, withUnit } from './units.js';

/** Fills the list of anomalies: `rows` are `{name, watched}`; `unit` is that of the values. */
export function fillAnomalies(section, rows, unit) {
  const all = rows.flatMap(({ name, watched }) => (watched?.anomalies ?? []).map((one) => ({ name, ...one })));
  const judged = rows.filter(({ watched }) => watched?.expected.some(Number.isFinite)).length;
  section.querySelector('p').textContent = all.length > 0
    ? `${all.length} in ${rows.length} series: points in a row outside of the band that was learnt from what came before.`
    : `Nothing is out of the ordinary in the ${judged} of ${rows.length} series of which enough was known.`;
  const table = section.querySelector('table');
  table.hidden = all.length === 0;
  const headers = ['series', 'when', 'side', 'peak', 'expected', 'score'];
  table.replaceChildren(
    element('thead', {}, element('tr', {}, ...headers.map((title, at) => element('th', { scope: 'col', className: at > 2 ? 'number' : '' }, title)))),
    element('tbody', {}, ...all.map(({ name, start, end, above, peak, expected, score }) => {
      const numbers = [withUnit(peak, unit), withUnit(expected, unit), withUnit(score)];
      return element('tr', {},
        element('th', { scope: 'row' }, element('bdi', {}, name)),
        element('td', {}, localSpan(start, end)),
        element('td', {}, above ? '▲ above' : '▼ below'),
        ...numbers.map((text) => element('td', { className: 'number' }, text)));
    })),
  );
}

/** Fills the plan: the step, the window and the requests, with the reasons for them. */
export function fillPlan(list, plan) {
  const requests = plan.chunks.map(({ span, points, is_final: isFinal }) => element('li', {}, `${localSpan(span.start, span.end)}, ${points} points${isFinal ? ', final' : ''}`));
  const entries = [
    ['read as', plan.metric_type],
    ['step', `${duration(plan.step)}: ${plan.step_reason}`],
    ...(plan.window ? [['window', `${plan.window}: ${plan.window_reason}`]] : []),
    ['requests', element('ol', {}, ...requests)],
  ];
  list.replaceChildren(...entries.flatMap(([title, text]) => [element('dt', {}, title), element('dd', {}, text)]));
}
