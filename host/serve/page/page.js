// The page: keeps what is looked at in the address, asks the API for it, and shows the answer or what the server says
// instead. The parts of the document are other modules'.

import { ask, number, Problem, token } from './api.js';
import { draw, MOST_LINES } from './chart.js';
import { controls } from './controls.js';
import { csv } from './csv.js';
import { fillAnomalies, fillPlan } from './details.js';
import { element } from './dom.js';
import { key, names, printable } from './labels.js';
import { metricList } from './metrics.js';
import { onScheme } from './palette.js';
import { anomaliesBody, queryBody, topBody, valuesPath } from './query.js';
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
/** The answer that is shown: `{now, metric, result, rows, watch, plan, remarks}`. */
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
  list.choose(state.metric);
  document.title = state.metric ? `${printable(state.metric)} · Metric Service` : 'Metric Service';
  for (const name of ['anomalies', 'top']) find(`#${name}`).ariaPressed = state[name];
  plan.open = state.plan;
  if (!state.metric) return leave('Choose a metric.');
  form.show(state, valueTypes(state.metric), now);
  panel.ariaBusy = true;
  try {
    const asked = { ...state };
    const next = { now, metric: asked.metric, remarks: [], ...(await series(asked, now, mine.signal)) };
    if (mine !== running) return;
    view = next;
    problem.hidden = true;
    show();
    await Promise.all([
      summaries(asked, next, mine.signal).then(() => mine === running && showTable()),
      anomalies(asked, next, mine.signal).then(() => mine === running && asked.anomalies && showChart()),
      planned(),
    ]);
    if (mine === running) showRemarks();
  } catch (error) {
    if (mine === running) explain(error);
  } finally {
    if (mine === running) panel.ariaBusy = false;
  }
}

/** The series of a state, in the order in which they are drawn. */
async function series(asked, now, signal) {
  const columns = (one) => ({ ...one, values: one.values.map(number) });
  if (!asked.top) {
    const { answer, missing } = await ask('/v1/query', { body: queryBody(asked, now), signal });
    const all = answer.series.map(columns);
    return { result: { ...answer, series: all }, missing, rows: rowsOf(all) };
  }
  const ranked = await ask('/v1/top', { body: topBody(asked, now), signal });
  const left = ranked.groups - ranked.series.length;
  const others = ranked.others ? [{ ...columns(ranked.others), title: `${left} others` }] : [];
  const all = [...ranked.series.map(columns), ...others];
  const rows = rowsOf(all);
  ranked.scores.forEach((score, at) => (rows[at].score = number(score)));
  return { result: { ...ranked, series: all }, missing: ranked.missing, rows, scoreUnit: ranked.score_unit };
}

function rowsOf(series) {
  const titles = names(series);
  return series.map((one, at) => ({ series: one, key: one.title ?? key(one.labels), name: titles[at] }));
}

/** Puts beside each series what it came to over the range. */
async function summaries(asked, into, signal) {
  await beside('Summary', into, async () => {
    const answer = await ask('/v1/summary', { body: { ...queryBody(asked, into.now), quantiles: [0.95] }, signal });
    const found = new Map(answer.summaries.map((one) => [key(one.labels), figures(one)]));
    for (const row of into.rows) row.summary = found.get(row.key);
    into.totalUnit = answer.total_unit;
  });
}

/** A summary's numbers as numbers. */
function figures(one) {
  const [last, min, max, avg, total] = [one.last, one.min, one.max, one.avg, one.total].map(number);
  return { ...one, last, min, max, avg, total, quantiles: { 0.95: number(one.quantiles['0.95']) } };
}

/** Puts beside each series its band, and what is out of the ordinary. */
async function anomalies(asked, into, signal) {
  if (!asked.anomalies) return;
  await beside('Anomalies', into, async () => {
    const answer = await ask('/v1/anomalies', { body: anomaliesBody(asked, into.now), signal });
    const columns = (one) => ({
      ...one,
      ...Object.fromEntries(['expected', 'lower', 'upper'].map((name) => [name, one[name].map(number)])),
      anomalies: one.anomalies.map((anomaly) => ({ ...anomaly, peak: number(anomaly.peak), expected: number(anomaly.expected), score: number(anomaly.score) })),
    });
    const found = new Map(answer.watched.map((one) => [key(one.labels), columns(one)]));
    for (const row of into.rows) row.watched = found.get(row.key);
    into.watch = answer;
    into.remarks.push(...remarksOf(answer, answer.missing).map((one) => ({ ...one, text: `Anomalies: ${one.text}` })));
  });
}

/** What is shown beside the series may fail without them. */
async function beside(title, into, work) {
  try {
    await work();
  } catch (error) {
    if (error.name !== 'AbortError') into.remarks.push({ isGrave: true, text: `${title}: ${error.message}` });
  }
}

/** What would be asked for, and why; nobody is asked while it is not shown. */
async function planned() {
  const into = view;
  if (!state.plan || !into || into.plan) return;
  await beside('Plan', into, async () => {
    into.plan = await ask('/v1/explain', { body: queryBody(state, into.now) });
    if (into === view) fillPlan(plan.querySelector('dl'), into.plan);
  });
}

// ---- showing

function leave(text) {
  chart?.destroy();
  chart = view = undefined;
  find('#controls').hidden = true;
  article.hidden = true;
  problem.hidden = true;
  empty.hidden = false;
  empty.textContent = text;
}

/** Shows the answer. */
function show() {
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
  const { result, rows, totalUnit, scoreUnit } = view;
  find('#series').parentElement.hidden = rows.length === 0;
  table = fillTable(find('#series'), {
    rows,
    drawn: Math.min(rows.length, MOST_LINES),
    units: { unit: result.unit, total: totalUnit, score: scoreUnit },
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
  const { result, rows, metric, now } = view;
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
  const { result, missing, rows } = view;
  const all = [...remarksOf(result, missing), ...view.remarks];
  if (rows.length > MOST_LINES) all.push({ isGrave: false, text: `The first ${MOST_LINES} of ${rows.length} series are drawn.` });
  const ordered = all.toSorted((a, b) => b.isGrave - a.isGrave);
  find('#remarks').replaceChildren(...ordered.map(({ text, isGrave }) => element('li', { className: isGrave ? 'grave' : '' }, printable(text))));
}

function remarksOf({ warnings, infos, partial }, missing) {
  const lost = missing.map(({ span, error }) => `${localSpan(span.start, span.end)} is missing: ${error.message ?? error.reason ?? error.type}`);
  return [
    ...(partial || lost.length > 0 ? [{ isGrave: true, text: 'Partial: data may be missing from this chart.' }] : []),
    ...lost.map((text) => ({ isGrave: true, text })),
    ...warnings.map((text) => ({ isGrave: true, text })),
    ...infos.map((text) => ({ isGrave: false, text })),
  ];
}

/** Says what went wrong, in the server's words. */
function explain(error) {
  if (error.status === 401 && !signIn.open) signIn.showModal();
  signIn.querySelector('p').textContent = printable(error.message);
  if (!(error instanceof Problem)) console.error(error);
  problem.querySelector('strong').textContent = printable(error.title ?? 'This page has a fault');
  problem.querySelector('p').textContent = printable(error.message);
  problem.querySelector('small').textContent = error.requestId ? `request ${printable(error.requestId)}` : '';
  problem.hidden = false;
  article.hidden = true;
  empty.hidden = true;
}

// ---- the rest of the page

plan.addEventListener('toggle', async () => {
  if (plan.open === state.plan || !view) return;
  state = { ...state, plan: plan.open };
  history.replaceState(null, '', format(state));
  await planned();
  showRemarks();
});

for (const name of ['anomalies', 'top']) find(`#${name}`).addEventListener('click', () => go({ ...state, [name]: !state[name], hidden: [], sort: '' }));

find('#csv').addEventListener('click', () => {
  const url = URL.createObjectURL(new Blob([csv(view.result.series)], { type: 'text/csv' }));
  element('a', { href: url, download: `${view.metric.replace(/[^\w.-]/g, '_')}.csv` }).click();
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

onScheme(() => view && show());

/** Reads the list of metrics, and then what the address says. */
async function start() {
  find('#forget').hidden = !token.get();
  try {
    const answer = await ask('/v1/metrics');
    metrics = answer.metrics;
    list.list(answer);
    await refresh();
  } catch (error) {
    explain(error);
  }
}

start();
