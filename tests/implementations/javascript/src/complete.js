// What is done to the series of an answer once all of them are there.

import { LEFT_OUT } from './expression.js';

/** Compares labels as Prometheus does: names and values in turn. */
function order(a, b) {
  const [left, right] = [a.labels.flat(), b.labels.flat()];
  for (const [at, text] of left.entries()) {
    if (at >= right.length) return 1;
    if (text !== right[at]) return text < right[at] ? -1 : 1;
  }
  return left.length - right.length;
}

/** Pools the members' values, takes out the count of those left out, and puts the series in order. */
export function complete(plan, found) {
  const counts = (one) => plan.countsLeftOut && one.labels.some(([name]) => name === LEFT_OUT);
  const most = Math.max(0, ...found.filter(counts).map((one) => one.values.reduce((a, b) => Math.max(a, b), 0)));
  const warnings = most > 0 ? [`members without capacity, or without a current value, are in no percentage: up to ${most} at once`] : [];
  let series = found.filter((one) => !counts(one));
  if (plan.pooling) series = pool(plan.pooling, plan.grid, series);
  return { series: series.sort(order), warnings };
}

function pool({ statistic, member, window }, grid, series) {
  const groups = new Map();
  for (const one of series) {
    const labels = one.labels.filter(([name]) => name !== member);
    const key = JSON.stringify(labels);
    if (!groups.has(key)) groups.set(key, { labels, members: [] });
    groups.get(key).members.push(one);
  }
  return [...groups.values()].map(({ labels, members }) => {
    const [timestamps, values] = [[], []];
    for (let point = grid.start; point <= grid.end; point += grid.step) {
      const [start, end] = [BigInt(point - window) * 1000n, BigInt(point) * 1000n];
      const within = members.flatMap((one) => Array.from(one.values).filter((_, at) => start < one.timestamps[at] && one.timestamps[at] <= end));
      if (within.length > 0) {
        timestamps.push(end);
        values.push(statisticOf(statistic, within));
      }
    }
    return { labels, timestamps: BigInt64Array.from(timestamps), values: Float64Array.from(values) };
  }).filter((one) => one.values.length > 0);
}

function statisticOf({ tag, val }, values) {
  const numbers = values.filter((value) => !Number.isNaN(value));
  if (tag === 'avg') return values.reduce((a, b) => a + b, 0) / values.length;
  if (tag !== 'quantile') return numbers.length > 0 ? numbers.reduce((a, b) => Math[tag](a, b)) : NaN;
  // What is not a number comes first, as in Prometheus.
  const sorted = [...values.filter(Number.isNaN), ...numbers.sort((a, b) => a - b)];
  const rank = val * (sorted.length - 1);
  const weight = rank - Math.floor(rank);
  return sorted[Math.floor(rank)] * (1 - weight) + sorted[Math.ceil(rank)] * weight;
}
