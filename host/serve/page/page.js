// The page: keeps what is looked at in the address, asks the API for it, and shows the answer or what the server says
// instead. The parts of the document are other modules'.

import { addAnomalies, addPlan, addSummaries, series } from './answer.js';
import { ask, Problem, token } from './api.js';
import { draw, MOST_LINES } from './chart.js';
import { controls } from './controls.js';
import { csv } from './csv.js';
import { fillAnomalies, fillPlan } from './details.js';
import { element } from './dom.js';
import { printable } from './labels.js';
import { metricList } from './metrics.js';
import { onScheme } from './palette.js';
import { valuesPath } from './query.js';
import { chosen, format, parse } from './state.js';
import { fillTable } from './table.js';
import { duration, localSpan, localTime } from './units.js';

const find = (selector) => document.querySelector(selector);
const panel = find('#panel');
const problem = find('#problem');
const empty = find('#empty');
const article = find('#result');
const plan = find('#plan');
const signIn = find('#sign-in');

/** Entries of a menu at most; what is typed is taken as well. */
const MOST_VALUES = 1000;

let state = parse(location.hash);
let metrics = [];
/** The answer that is shown, of `answer.js`. */
let view;
let chart;
let table;
let running;

const list = metricList(find('#metrics'), { onChoose: (metric) => go(of(metric, { ...state, metric, hidden: [], sort: '' })) });
const form = controls(find('#controls'), {
  state: () => state,
  onChange: go,
  async load(dimension, signal) {
    const { values, more } = await ask(valuesPath(state, dimension, MOST_VALUES), { signal });
    return { values, more };
  },
});

// ---- what is looked at

/** The state with a value that the metric has. */
function of(metric, state) {
  const types = valueTypes(metric);
  const value = types.includes(state.value) ? state.value : types.includes('current') ? 'current' : '';
  return { ...state, value };
}

function valueTypes(metric) {
  return metrics.find(({ name }) => name === metric)?.value_types ?? ['usage', 'current', 'capacity', 'pct'];
}

/** Goes on to another state. What only changes how the answer is shown asks nobody. */
function go(next) {
  if (format(next) !== format(state)) history.pushState(null, '', format(next));
  state = next;
  refresh();
}

/** Shows the answer that is there in another way. */
function present(changed) {
  state = { ...state, ...changed };
  history.replaceState(null, '', format(state));
  table.show(state);
  view.rows.slice(0, MOST_LINES).forEach(({ key }, at) => chart.show(at, !state.hidden.includes(key)));
}

addEventListener('popstate', () => {
  state = parse(location.hash);
  refresh();
});

// ---- asking

async function refresh() {
  running?.abort();
  const mine = (running = new AbortController());
  const now = Date.now();
  const asked = { ...state };
  list.choose(asked.metric);
  document.title = asked.metric ? `${printable(asked.metric)} · Metric Service` : 'Metric Service';
  for (const name of ['anomalies', 'top']) find(`#${name}`).ariaPressed = asked[name];
  plan.open = asked.plan;
  if (!asked.metric) return leave();
  form.show(asked, valueTypes(asked.metric), now);
  panel.ariaBusy = true;
  const whileMine = (show) => () => mine === running && show();
  try {
    const answer = await series(asked, now, mine.signal);
    if (mine !== running) return;
    view = answer;
    show();
    await Promise.all([
      addSummaries(answer, mine.signal).then(whileMine(showTable)),
      asked.anomalies && addAnomalies(answer, mine.signal).then(whileMine(showChart)),
      showPlan(),
    ]);
    whileMine(showRemarks)();
  } catch (error) {
    if (mine === running) explain(error);
  } finally {
    if (mine === running) panel.ariaBusy = false;
  }
}

// ---- showing

/** Takes the answer away; what nobody sees is no longer in the document. */
function clear() {
  chart?.destroy();
  chart = view = undefined;
  for (const selector of ['#series', '#found table', '#plan dl', '#remarks']) find(selector).replaceChildren();
  article.hidden = true;
  problem.hidden = true;
  empty.hidden = true;
}

/** Shows that no metric was chosen. */
function leave() {
  clear();
  panel.ariaBusy = false;
  find('#controls').hidden = true;
  empty.hidden = false;
  empty.textContent = 'Choose a metric.';
}

/** Shows the answer. */
function show() {
  problem.hidden = true;
  empty.hidden = true;
  article.hidden = false;
  find('#csv').disabled = view.rows.length === 0;
  find('#promql').textContent = printable(view.result.promql);
  plan.querySelector('dl').replaceChildren();
  heading();
  showRemarks();
  showTable();
  showChart();
}

function showTable() {
  const { result, rows, totalUnit } = view;
  find('#series').parentElement.hidden = rows.length === 0;
  table = fillTable(find('#series'), {
    rows,
    drawn: Math.min(rows.length, MOST_LINES),
    units: { unit: result.unit, total: totalUnit },
    onSort: (sort) => present({ sort }),
    onHide: (hidden) => present({ hidden }),
    onHover: (at) => chart?.focus(at),
  });
  table.show(state);
}

function showChart() {
  const { result, rows, missing, watch } = view;
  const root = find('#chart');
  chart?.destroy();
  chart = undefined;
  find('#found').hidden = !watch;
  if (watch) fillAnomalies(find('#found'), rows, watch.unit);
  if (rows.length === 0) {
    root.replaceChildren(element('p', {}, 'There are no samples for this query in this range.'));
    return;
  }
  root.replaceChildren();
  chart = draw(root, result, {
    legend: false,
    missing: missing.map(({ span }) => span),
    watched: rows.slice(0, MOST_LINES).map(({ watched }) => watched),
    watchStep: watch?.step,
    hidden: new Set(rows.flatMap((row, at) => (state.hidden.includes(row.key) ? [at] : []))),
    onRange: (from, to) => go(chosen(state, from, to)),
    onPoint: (values) => table.point(values),
    onFocus: (at) => table.focus(at),
  });
}

function heading() {
  const { state: { metric }, result, rows, now } = view;
  const { description } = metrics.find(({ name }) => name === metric) ?? {};
  article.querySelector('h2 bdi').textContent = printable(metric);
  article.querySelector('h2 span').textContent = printable(result.unit ?? 'unit unknown');
  find('#description').textContent = printable(description ?? '');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  find('#reading').textContent = [
    `${localSpan(result.start, result.end)} ${zone}`,
    `a point every ${duration(result.step)}`,
    `${rows.length} series`,
    result.metric_type,
    `asked at ${localTime(now).slice(11)}`,
  ].join(' · ');
}

/** Shows what has to be known to read this chart, the gravest first. */
function showRemarks() {
  const { rows, remarks } = view;
  const left = rows.length > MOST_LINES ? [{ isGrave: false, text: `The first ${MOST_LINES} of ${rows.length} series are drawn.` }] : [];
  const ordered = [...remarks, ...left].toSorted((a, b) => b.isGrave - a.isGrave);
  find('#remarks').replaceChildren(...ordered.map(({ text, isGrave }) => element('li', { className: isGrave ? 'grave' : '' }, printable(text))));
}

/** Shows the plan; nobody is asked for it while it is folded away. */
async function showPlan() {
  const answer = view;
  if (!state.plan || !answer) return;
  if (!answer.plan) await addPlan(answer);
  if (answer === view && answer.plan) fillPlan(plan.querySelector('dl'), answer.plan);
}

/** Says what went wrong, in the server's words. */
function explain(error) {
  clear();
  if (error.status === 401 && !signIn.open) signIn.showModal();
  signIn.querySelector('p').textContent = printable(error.message);
  if (!(error instanceof Problem)) console.error(error);
  problem.querySelector('strong').textContent = printable(error.title ?? 'This page has a fault');
  problem.querySelector('p').textContent = printable(error.message);
  problem.querySelector('small').textContent = error.requestId ? `request ${printable(error.requestId)}` : '';
  problem.hidden = false;
}

// ---- the rest of the page

plan.addEventListener('toggle', async () => {
  if (plan.open === state.plan || !view) return;
  state = { ...state, plan: plan.open };
  history.replaceState(null, '', format(state));
  await showPlan();
  if (view) showRemarks();
});

for (const name of ['anomalies', 'top']) find(`#${name}`).addEventListener('click', () => go({ ...state, [name]: !state[name], hidden: [], sort: '' }));

// The address is taken: a link would replace what is looked at.
find('.skip').addEventListener('click', () => panel.focus());

find('#csv').addEventListener('click', () => {
  const url = URL.createObjectURL(new Blob([csv(view.result.series)], { type: 'text/csv' }));
  element('a', { href: url, download: `${view.state.metric.replace(/[^\w.-]/g, '_')}.csv` }).click();
  URL.revokeObjectURL(url);
});

signIn.addEventListener('submit', () => {
  const field = signIn.querySelector('input');
  token.set(field.value.trim());
  field.value = '';
  start();
});

find('#forget').addEventListener('click', () => {
  token.set('');
  start();
});

problem.querySelector('button').addEventListener('click', start);

onScheme(() => view && show());

/** Reads the list of metrics, and then what the address says. */
async function start() {
  find('#forget').hidden = !token.get();
  try {
    const answer = await ask('/v1/metrics?partial=true');
    metrics = answer.metrics;
    list.list(answer);
    await refresh();
  } catch (error) {
    explain(error);
  }
}

start();
