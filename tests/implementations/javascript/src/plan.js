// From a query to what is asked: everything checked, the PromQL written.

import { catalogued, detectMetricType } from './catalogue.js';
import { write } from './expression.js';
import { invalidArgument, limitExceeded } from './failure.js';
import { layGrid } from './range.js';

/** The identifiers, in the order in which they stand in a selector. */
const IDENTIFIERS = [
  ['kernelId', 'kernel-id'],
  ['sessionId', 'session-id'],
  ['agentId', 'agent-id'],
  ['userId', 'user-id'],
  ['projectId', 'project-id'],
];
const MOST_VALUES = 100;

const isPerSecond = (metricType) => metricType !== 'gauge';

function readFilters(labels) {
  const filters = IDENTIFIERS.map(([field, dimension]) => [dimension, labels[field]]).filter(([, values]) => values.length > 0);
  for (const [dimension, values] of filters) {
    if (values.includes('')) throw invalidArgument(`labels.${dimension}`, 'empty; accepted is an identifier, or none');
    if (values.length > MOST_VALUES) {
      throw invalidArgument(`labels.${dimension}`, `${values.length} values; accepted are at most ${MOST_VALUES}`);
    }
  }
  return filters;
}

function checkPointwise({ statistic, over, window }, sampleInterval) {
  if (statistic.tag === 'quantile' && !(statistic.val >= 0 && statistic.val <= 1)) {
    throw invalidArgument('pointwise.statistic', `${statistic.val}; accepted is a number from 0 to 1`);
  }
  if (over.tag !== 'time') {
    if (['metric-name', 'value-type'].includes(over.val)) throw invalidArgument('pointwise.over', `${over.val} has no members`);
    if (statistic.tag === 'last') throw invalidArgument('pointwise.statistic', 'last is a statistic over time');
  }
  if (window == null) return;
  if (over.tag === 'members') throw invalidArgument('pointwise.window', 'the values of members are those of one instant');
  if (window < 2 * sampleInterval) {
    throw invalidArgument('pointwise.window', `${window} s; accepted are at least two sample intervals, ${2 * sampleInterval} s`);
  }
}

/** What is to be asked, and how the answer is to be understood. */
export function planQuery(config, query) {
  const { schema, sampleInterval } = config;
  const { metricName, labels, pointwise } = query;
  if (metricName === '') throw invalidArgument('metric-name', 'empty; accepted is the name of a metric');
  const filters = readFilters(labels);
  if (pointwise) checkPointwise(pointwise, sampleInterval);
  if (Math.abs(query.utcOffset ?? 0) > 86400) {
    throw invalidArgument('utc-offset', `${query.utcOffset}; accepted are seconds east of UTC, -86400 to 86400`);
  }

  // Under the schema `agent`, usage is written `current`.
  const stored = (side) => (schema === 'agent' && side === 'usage' ? 'current' : side);
  const typeOf = (side) => query.metricType ?? detectMetricType(metricName, side);
  const side = labels.valueType == null ? undefined : stored(labels.valueType);
  const metricType = typeOf(side);
  const isPct = side === 'pct';
  const readAs = isPct ? typeOf('current') : metricType;
  const statisticLooksBack = pointwise != null && pointwise.over.tag !== 'members';
  const { grid, warnings, infos } = layGrid(config, query, isPerSecond(readAs) || statisticLooksBack);

  const kept = query.groupBy.length > 0 ? [...query.groupBy] : filters.map(([dimension]) => dimension);
  const { promql, pooling } = write({ config, metricName, filters, kept, side, readAs, pointwise }, grid.step);
  const asked = pooling ? valuesBefore(grid, pooling) : grid;
  if (asked.points > config.maxPoints) throw limitExceeded('max-points', config.maxPoints, asked.points);

  const known = catalogued(metricName);
  // The capacity of `cpu_util` is what its rate is measured against.
  const perSecond = isPerSecond(metricType) || (metricName === 'cpu_util' && side === 'capacity');
  const unit = isPct ? 'percent' : perSecond ? known?.rateUnit : known?.unit;
  const isWideMean = pointwise?.statistic.tag === 'avg' && pointwise.over.tag === 'time' && pointwise.window != null;
  if (config.timewindow && isPerSecond(readAs) && !isWideMean) warnings.push(...doubts(config.timewindow, grid.step, sampleInterval));
  if (statisticLooksBack && pointwise.window == null && !isPerSecond(readAs) && grid.step < 2 * sampleInterval) {
    warnings.push(`a point looks back over the step of ${grid.step}s, less than two sample intervals: some points may be missing`);
  }
  const countsLeftOut = isPct && metricName !== 'cpu_util';
  return { promql, metricType, unit, grid, asked, warnings, infos, pooling, countsLeftOut };
}

/** The grid of the values that are pooled: from the first window on, without its very beginning. */
function valuesBefore(grid, { window, resolution: step }) {
  const start = (Math.floor((grid.start - window) / step) + 1) * step;
  const end = Math.floor(grid.end / step) * step;
  return { start, end, step, points: (end - start) / step + 1 };
}

/** What is doubtful about a window that was fixed by configuration. */
function doubts(window, step, sampleInterval) {
  const found = [];
  if (window.millis < step * 1000) found.push(`the window ${window.text} is shorter than the step of ${step}s`);
  if (window.millis < 4000 * sampleInterval) {
    found.push(`the window ${window.text} is shorter than four sample intervals (${4 * sampleInterval}s)`);
  }
  return found;
}
