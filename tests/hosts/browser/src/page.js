// The page: reads the forms, asks through the codec and `fetch`, and shows the series or says in plain words why
// there are none. Knows the document, and leaves drawing to chart.js.

import { MetricClient, MetricError } from '../../node/src/browser.ts';
import { draw, MOST_LINES } from '../../../../host/serve/page/chart.js';

const connection = document.querySelector('#connection');
const query = document.querySelector('#query');
const answer = document.querySelector('#answer');
const message = document.querySelector('#message');
const result = document.querySelector('#result');
const empty = document.querySelector('#empty');

/** What went wrong, by case of the contract's error, and what can be done. */
const HEADLINES = {
  'invalid-time-range': ['This range cannot be asked for'],
  'invalid-argument': ['This cannot be asked'],
  'failed-to-get-metric': ['Prometheus refused'],
  'connection-failed': ['Prometheus cannot be reached', 'Is it running there, and does it let this page ask it (--web.cors.origin)? A page that came over https can ask https alone.'],
  'timed-out': ['Prometheus did not answer in time', 'A shorter range, a longer step or fewer lines take less time.'],
  'malformed-response': ['What answers there is not Prometheus', 'Is the address right, prefix included?'],
  'limit-exceeded': ['This asks for too much', 'A shorter range, a longer step or fewer lines are less.'],
  'partial-answer': ['Prometheus did not see all data', 'Tick "also partial answers", and connect again, to see what there is.'],
  denied: ['This is not allowed'],
};

let metrics = [];
let chart;
let running;

/** Runs one request at a time: a newer one takes the place of the one that is under way. */
async function asking(work) {
  running?.abort();
  const mine = (running = new AbortController());
  answer.setAttribute('aria-busy', 'true');
  try {
    await work(mine.signal);
    if (mine === running) message.hidden = true;
  } catch (error) {
    if (mine !== running) return;
    explain(error);
  } finally {
    if (mine === running) answer.setAttribute('aria-busy', 'false');
  }
}

function explain(error) {
  const [headline, hint = ''] = HEADLINES[error instanceof MetricError ? error.kind : ''] ?? ['This page has a fault'];
  message.querySelector('strong').textContent = headline;
  message.querySelector('p').textContent = error.message;
  message.querySelector('small').textContent = hint;
  message.hidden = false;
  result.hidden = true;
  empty.hidden = true;
}

function client() {
  const { address, labelSchema, partial } = Object.fromEntries(new FormData(connection));
  return new MetricClient({ address: address.trim(), labelSchema, partial: partial === 'on' });
}

connection.addEventListener('submit', (event) => {
  event.preventDefault();
  query.metric.replaceChildren();
  query.metric.disabled = query.querySelector('button').disabled = true;
  result.hidden = true;
  asking(async (signal) => {
    const found = await client().queryMetadata({ signal });
    metrics = found.metrics;
    empty.hidden = false;
    empty.textContent = metrics.length ? 'Choose a metric, and press Show.' : 'This Prometheus holds no series of Backend.AI.';
    if (found.partial) empty.textContent += ` The list may lack some. ${found.warnings.join(' ')}`;
    query.metric.replaceChildren(...groups(metrics));
    query.metric.disabled = query.querySelector('button').disabled = metrics.length === 0;
    showMetric();
  });
});

/** The metrics as options, under their categories. */
function groups(all) {
  const categories = new Map();
  for (const { name, catalogue } of all) {
    const category = catalogue?.category ?? 'other';
    if (!categories.has(category)) {
      categories.set(category, Object.assign(document.createElement('optgroup'), { label: category }));
    }
    categories.get(category).append(new Option(name, name));
  }
  return [...categories.values()];
}

function showMetric() {
  const entry = metrics.find(({ name }) => name === query.metric.value)?.catalogue;
  query.querySelector('#description').textContent = entry ? `${entry.description} (${entry.unit})` : '';
  const before = query.valueType.value;
  const sides = entry?.valueTypes ?? ['usage', 'current', 'capacity', 'pct'];
  query.valueType.replaceChildren(new Option('all', ''), ...sides.map((side) => new Option(side === 'pct' ? 'percent of capacity' : side, side)));
  query.valueType.value = sides.includes(before) ? before : '';
}

query.metric.addEventListener('change', showMetric);
query.range.addEventListener('change', () => {
  query.querySelector('#between').hidden = query.range.value !== '';
});

query.addEventListener('submit', (event) => {
  event.preventDefault();
  asking(async (signal) => show(await client().queryMetric(asked(), { signal })));
});

/** The query that the form describes. What is empty is left out. */
function asked() {
  const form = new FormData(query);
  const given = (name) => form.get(name)?.trim() || undefined;
  const now = Date.now();
  const last = given('range');
  return {
    metricName: form.get('metric'),
    start: last ? new Date(now - Number(last) * 1000) : instant(form.get('start')),
    end: last ? new Date(now) : instant(form.get('end')),
    step: given('step') === undefined ? undefined : Number(given('step')),
    labels: Object.fromEntries(['valueType', 'kernelId', 'sessionId', 'agentId', 'userId', 'projectId'].map((name) => [name, given(name)])),
    groupBy: form.getAll('groupBy'),
  };
}

/** Local time, as the field shows it. What is no time is left to the codec to refuse. */
function instant(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date;
}

function show(answered) {
  chart?.destroy();
  chart = undefined;
  const { series, unit, step, metricType, promql, warnings, infos, partial } = answered;
  const points = series.reduce((sum, { values }) => sum + values.length, 0);
  empty.hidden = points > 0;
  empty.textContent = partial ? `Of what it saw, Prometheus has no samples for this query. ${warnings.join(' ')}` : 'Prometheus has no samples for this query in this range.';
  result.hidden = points === 0;
  if (points === 0) return;
  result.querySelector('h2').textContent = query.metric.value + (unit ? `, in ${unit}` : '');
  result.querySelector('#partial').hidden = !partial;
  result.querySelector('#reading').textContent = `${metricType}, ${series.length} series, ${points.toLocaleString('en')} points, one every ${step} s`;
  result.querySelector('#promql').textContent = promql;
  const remarks = [...warnings, ...infos];
  if (series.length > MOST_LINES) remarks.push(`The first ${MOST_LINES} of ${series.length} series are drawn.`);
  result.querySelector('#remarks').replaceChildren(...remarks.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
  const named = series.map((one) => ({ ...one, labels: Object.fromEntries(one.labels) }));
  chart = draw(result.querySelector('#chart'), { ...answered, series: named });
}

// A link may name the address.
const linked = new URLSearchParams(location.search).get('address');
if (linked) connection.address.value = linked;
// From here on somebody listens. The component is compiled while the page is already seen.
connection.querySelector('button').disabled = false;
