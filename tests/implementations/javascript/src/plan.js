// From a query to what is asked: everything checked, the PromQL written.

import { catalogued, detectMetricType } from './catalogue.js';
import { durationOfSeconds } from './duration.js';
import { invalidArgument } from './failure.js';
import { layGrid } from './range.js';

export const METRIC_FAMILY = 'backendai_container_utilization';
export const METRIC_NAME_LABEL = 'container_metric_name';

/** The identifiers, in the order in which they stand in a selector. */
const IDENTIFIERS = [
  ['kernelId', 'kernel-id'],
  ['sessionId', 'session-id'],
  ['agentId', 'agent-id'],
  ['userId', 'user-id'],
  ['projectId', 'project-id'],
];

const OWNED = { 'user-id': 'user_id', 'project-id': 'project_id' };

function labelOf(dimension, schema) {
  if (dimension === 'metric-name') return METRIC_NAME_LABEL;
  if (dimension in OWNED) return schema === 'agent' ? OWNED[dimension] : `owner_${OWNED[dimension]}`;
  return dimension.replace('-', '_');
}

/** A string literal as Go's strconv.Quote writes it. */
function quote(value) {
  const escapes = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  let literal = '';
  for (const character of value) {
    const code = character.codePointAt(0);
    const hex = (digits) => code.toString(16).padStart(digits, '0');
    if (escapes[character]) literal += escapes[character];
    else if (code < 0x20 || code === 0x7f) literal += `\\x${hex(2)}`;
    else if (code < 0x7f) literal += character;
    else literal += code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  }
  return `"${literal}"`;
}

const isPerSecond = (metricType) => metricType !== 'gauge';

/** What is to be asked, and how the answer is to be understood. */
export function planQuery(config, query) {
  const { schema } = config;
  const { metricName, labels } = query;
  if (metricName === '') throw invalidArgument('metric-name', 'empty; accepted is the name of a metric');
  const filters = IDENTIFIERS.filter(([field]) => labels[field] != null).map(([field, dimension]) => [dimension, labels[field]]);
  for (const [dimension, value] of filters) {
    if (value === '') throw invalidArgument(`labels.${dimension}`, 'empty; accepted is an identifier, or none');
  }
  const grid = layGrid(config, query);

  const window = config.timewindow ?? durationOfSeconds(Math.max(60, grid.step + config.sampleInterval, 4 * config.sampleInterval));
  // Under the schema `agent`, usage is written `current`.
  const stored = (side) => (schema === 'agent' && side === 'usage' ? 'current' : side);
  const typeOf = (side) => query.metricType ?? detectMetricType(metricName, side);
  const vector = (side, metricType) => {
    const matchers = [['metric-name', metricName], ...(side ? [['value-type', side]] : []), ...filters];
    const text = matchers.map(([dimension, value]) => `${labelOf(dimension, schema)}=${quote(value)}`).join(',');
    const selector = `${METRIC_FAMILY}{${text}}`;
    return isPerSecond(metricType) ? `rate(${selector}[${window.text}])` : selector;
  };
  const kept = query.groupBy.length > 0 ? [...query.groupBy] : filters.map(([dimension]) => dimension);
  const sum = (dimensions, inner) => {
    const by = [...new Set(dimensions.map((dimension) => labelOf(dimension, schema)))].sort();
    return by.length > 0 ? `sum by (${by.join(',')})(${inner})` : `sum(${inner})`;
  };

  const side = labels.valueType == null ? undefined : stored(labels.valueType);
  const metricType = typeOf(side);
  const known = catalogued(metricName);
  let promql, unit, readAs;
  if (side === 'pct') {
    // Both sides differ in `value_type`; kept, it would keep them from matching. Capacity is a level.
    const both = kept.filter((dimension) => dimension !== 'value-type');
    readAs = typeOf('current');
    promql = `100 * ${sum(both, vector('current', readAs))} / (${sum(both, vector('capacity', 'gauge'))} > 0)`;
    unit = 'percent';
  } else {
    readAs = metricType;
    promql = sum([...kept, 'value-type'], vector(side, metricType));
    // The capacity of `cpu_util` is what its rate is measured against.
    const perSecond = isPerSecond(metricType) || (metricName === 'cpu_util' && side === 'capacity');
    unit = perSecond ? known?.rateUnit : known?.unit;
  }
  const warnings = config.timewindow && isPerSecond(readAs) ? doubts(window, grid.step, config.sampleInterval) : [];
  return { promql, metricType, unit, grid, warnings };
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
