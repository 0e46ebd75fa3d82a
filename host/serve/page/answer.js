// What is shown of a state, asked of the API: the series, and beside each what it came to and what is out of the
// ordinary. Knows the forms of the answers, and no document.

import { ask, number } from './api.js';
import { key, names } from './labels.js';
import { anomaliesBody, queryBody, topBody } from './query.js';
import { localSpan } from './units.js';

const numbers = (record, fields) => Object.fromEntries(fields.map((name) => [name, number(record[name])]));
const columns = (record, fields) => Object.fromEntries(fields.map((name) => [name, record[name].map(number)]));

/**
 * The series of a state, in the order in which they are drawn:
 * `{state, now, result, missing, rows, remarks}`. A row is `{series, key, name, rank}`, its rank from 1 where there are ranks.
 */
export async function series(state, now, signal) {
  const { result, missing, groups = 0 } = await (state.top ? ranked : plain)(state, now, signal);
  const titles = names(result.series);
  const rows = result.series.map((one, at) => ({ series: one, key: one.title ?? key(one.labels), name: titles[at], rank: at < groups ? at + 1 : undefined }));
  return { state, now, result, missing, rows, remarks: remarks(result, missing) };
}

async function plain(state, now, signal) {
  const { answer, missing } = await ask('/v1/query', { body: queryBody(state, now), signal });
  return { result: { ...answer, series: answer.series.map(withNumbers) }, missing };
}

/** In the order of rank, and the sum of all others after them. */
async function ranked(state, now, signal) {
  const answer = await ask('/v1/top', { body: topBody(state, now), signal });
  const left = answer.groups - answer.series.length;
  const others = answer.others ? [{ ...withNumbers(answer.others), title: `${left} others` }] : [];
  const result = { ...answer, series: [...answer.series.map(withNumbers), ...others] };
  return { result, missing: answer.missing, groups: answer.series.length };
}

const withNumbers = (one) => ({ ...one, ...columns(one, ['values']) });

/** Puts beside each series what it came to over the range, as `summary`. */
export async function addSummaries(answer, signal) {
  await beside('Summary', answer, async () => {
    const { summaries, total_unit: totalUnit } = await ask('/v1/summary', { body: { ...queryBody(answer.state, answer.now), quantiles: [0.95] }, signal });
    const found = new Map(summaries.map((one) => [key(one.labels), { ...one, ...numbers(one, ['last', 'min', 'max', 'avg', 'total']), p95: number(one.quantiles['0.95']) }]));
    for (const row of answer.rows) row.summary = found.get(row.key);
    answer.totalUnit = totalUnit;
  });
}

/** Puts beside each series its band, and what is out of the ordinary, as `watched`. */
export async function addAnomalies(answer, signal) {
  await beside('Anomalies', answer, async () => {
    const watch = await ask('/v1/anomalies', { body: anomaliesBody(answer.state, answer.now), signal });
    const found = new Map(watch.watched.map((one) => [key(one.labels), {
      ...one,
      ...columns(one, ['expected', 'lower', 'upper']),
      anomalies: one.anomalies.map((anomaly) => ({ ...anomaly, ...numbers(anomaly, ['peak', 'expected', 'score']) })),
    }]));
    for (const row of answer.rows) row.watched = found.get(row.key);
    answer.watch = watch;
    answer.remarks.push(...remarks(watch, watch.missing).map((one) => ({ ...one, text: `Anomalies: ${one.text}` })));
  });
}

/** Adds what would be asked for, and why, as `plan`. */
export async function addPlan(answer) {
  await beside('Plan', answer, async () => (answer.plan = await ask('/v1/explain', { body: queryBody(answer.state, answer.now) })));
}

/** What stands beside the series may fail without them. */
async function beside(title, answer, work) {
  try {
    await work();
  } catch (error) {
    if (error.name !== 'AbortError') answer.remarks.push({ isGrave: true, text: `${title}: ${error.message}` });
  }
}

/** What has to be known to read an answer. */
function remarks({ warnings, infos, partial }, missing) {
  const lost = missing.map(({ span, error }) => `${localSpan(span.start, span.end)} is missing: ${error.message ?? error.reason ?? error.type}`);
  const grave = [...(partial || lost.length > 0 ? ['Partial: data may be missing from this chart.'] : []), ...lost, ...warnings];
  return [...grave.map((text) => ({ isGrave: true, text })), ...infos.map((text) => ({ isGrave: false, text }))];
}
