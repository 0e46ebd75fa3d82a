// What the API is asked for, made of what is looked at. Knows the bodies of the API, and no document.

import { DIMENSIONS, span } from './state.js';

/** Steps that people know, in seconds. */
const STEPS = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** More points than this a chart of a screen's width does not show. */
const MOST_POINTS = 400;

/** How many groups are shown of all, in the order of rank. */
export const TOP = 10;

/** The time range in the API's form. */
function times(state, now) {
  const { from, to } = span(state, now);
  const iso = (time) => new Date(time).toISOString();
  return { start: iso(from), end: iso(to) };
}

/** Seconds between two points: those chosen, else the least that a chart of this length shows. */
function step(state) {
  const { from, to } = span(state, 0);
  const length = (to - from) / 1000;
  return state.step || (STEPS.find((one) => length / one <= MOST_POINTS) ?? STEPS.at(-1));
}

function filters({ filters, value }) {
  const given = [...DIMENSIONS].filter(([name]) => filters[name].length > 0);
  return { ...(value && { value_type: value }), ...Object.fromEntries(given.map(([name, dimension]) => [dimension, filters[name]])) };
}

function statistic(name) {
  return name.startsWith('p') ? { quantile: Number((Number(name.slice(1)) / 100).toFixed(6)) } : name;
}

function over(name) {
  const [kind, dimension] = name.split(':');
  return dimension ? { [kind]: DIMENSIONS.get(dimension) } : kind;
}

/** The body of `/v1/query`, and of what asks about the same series. An answer that lacks data is shown, and marked. */
export function queryBody(state, now = Date.now()) {
  return {
    query: {
      metric_name: state.metric,
      ...times(state, now),
      step: step(state),
      labels: filters(state),
      group_by: state.by.map((name) => DIMENSIONS.get(name)),
      ...(state.statistic && { pointwise: { statistic: statistic(state.statistic), over: over(state.over) } }),
      // A day of the chart is a day of who looks at it.
      utc_offset: -60 * new Date(now).getTimezoneOffset(),
    },
    options: { partial: true },
  };
}

/** The body of `/v1/top`. Percentages of capacity, and statistics but the mean over time, have no sum of the others. */
export function topBody(state, now) {
  const addUp = state.value !== 'pct' && (!state.statistic || (state.statistic === 'avg' && state.over === 'time'));
  return { ...queryBody(state, now), ranking: { score: 'avg', k: TOP, others: addUp } };
}

/** The body of `/v1/anomalies`. The step is the detection's own, unless one was chosen. */
export function anomaliesBody(state, now) {
  const body = queryBody(state, now);
  return { ...body, query: { ...body.query, step: state.step || null }, detection: {} };
}

/** The path that lists the values of a dimension, of the series that the other filters leave. */
export function valuesPath(state, name, limit) {
  const others = Object.entries(filters({ ...state, filters: { ...state.filters, [name]: [] } }));
  const said = new URLSearchParams({ ...times(state, Date.now()), limit, partial: true });
  if (state.metric) said.append('metric_name', state.metric);
  for (const [label, values] of others) for (const value of [values].flat()) said.append(label, value);
  return `/v1/values/${DIMENSIONS.get(name)}?${said}`;
}
