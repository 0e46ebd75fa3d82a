// The PromQL of a query: a group's value at an instant, and what a point makes of it.

import { durationOfMillis, durationOfSeconds } from './duration.js';

export const METRIC_FAMILY = 'backendai_container_utilization';
export const METRIC_NAME_LABEL = 'container_metric_name';
/** The label of the series that counts the members which are in no percentage. */
export const LEFT_OUT = 'left_out';

/** Prometheus sees so many seconds back for a sample. */
const LOOKBACK = 300;

const OWNED = { 'user-id': 'user_id', 'project-id': 'project_id' };

export function labelOf(dimension, schema) {
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

/** An equality, or the regular expression of exactly these values, sorted by code point and each once. */
function matcher(label, values) {
  const points = (text) => Array.from(text, (character) => character.codePointAt(0));
  const order = (a, b) => {
    const [left, right] = [points(a), points(b)];
    const at = left.findIndex((point, index) => point !== right[index]);
    return at < 0 ? left.length - right.length : left[at] - (right[at] ?? -1);
  };
  const sorted = [...new Set(values)].sort(order);
  if (sorted.length === 1) return `${label}=${quote(sorted[0])}`;
  const alternatives = sorted.map((value) => value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'));
  return `${label}=~${quote(alternatives.join('|'))}`;
}

/** `NAME by (labels)(…)`, the labels sorted and each once. */
function aggregate(name, labels, inner) {
  const by = [...new Set(labels)].sort();
  return `${name}${by.length > 0 ? ` by (${by.join(',')})` : ''}(${inner})`;
}

/** What a statistic is called over time, up to its last argument, and over members. */
function named(statistic) {
  if (statistic.tag !== 'quantile') return [`${statistic.tag}_over_time(`, statistic.tag, ''];
  return [`quantile_over_time(${statistic.val}, `, 'quantile', `${statistic.val}, `];
}

/**
 * Writes a query for points at a step. `reading` has `config`, `metricName`, `filters` (pairs of a dimension and its
 * values), `kept` (dimensions), `side` (the value type as it is stored), `readAs` (how it is read), `pointwise`.
 * Gives `promql`, and `pooling` where the members' values are still to become one.
 */
export function write(reading, step) {
  const { config, metricName, filters, kept, side, readAs, pointwise } = reading;
  const { schema, sampleInterval, timewindow } = config;
  const isPct = side === 'pct';
  const ofCores = isPct && metricName === 'cpu_util';
  const isRate = readAs !== 'gauge';

  const selector = (valueType) => {
    const named = [['metric-name', [metricName]], ...(valueType ? [['value-type', [valueType]]] : []), ...filters];
    return `${METRIC_FAMILY}{${named.map(([dimension, values]) => matcher(labelOf(dimension, schema), values)).join(',')}}`;
  };
  const members = (valueType, perSecond, rate) => {
    if (perSecond) return `rate(${selector(valueType)}[${rate}])`;
    if (sampleInterval > LOOKBACK) return `last_over_time(${selector(valueType)}[${durationOfSeconds(2 * sampleInterval).text}])`;
    return selector(valueType);
  };
  const labels = (more = []) =>
    [...kept, ...more, 'value-type'].filter((dimension) => !(isPct && dimension === 'value-type')).map((dimension) => labelOf(dimension, schema));
  const parts = (rate) => [members('current', isRate, rate), `${members('capacity', false, rate)} > 0`];
  const value = (by, rate) => {
    if (ofCores) return `${aggregate('sum', by, members('current', isRate, rate))} / 10`;
    if (!isPct) return aggregate('sum', by, members(side, isRate, rate));
    const [current, capacity] = parts(rate);
    const used = aggregate('sum', by, `${current} and ignoring(value_type) (${capacity})`);
    return `100 * ${used} / ${aggregate('sum', by, `${capacity} and ignoring(value_type) ${current}`)}`;
  };
  // Members with one side alone are in no group; a series of its own counts them.
  const counted = (promql, rate, subquery) => {
    if (!isPct || ofCores) return promql;
    const [current, capacity] = parts(rate);
    const alone = (one, other) => `(${one} unless ignoring(value_type) ${other})`;
    let count = `count(${alone(current, `(${capacity})`)} or ${alone(capacity, current)})`;
    if (subquery) count = `max_over_time((${count})${subquery})`;
    return `${promql} or label_replace(${count}, "${LEFT_OUT}", "members", "", "")`;
  };

  const rateWindow = (apart) =>
    timewindow?.text ?? durationOfSeconds(Math.max(60, apart + sampleInterval, 4 * sampleInterval)).text;
  const automatic = rateWindow(step);
  if (!pointwise) return { promql: counted(value(labels(), automatic), automatic) };

  const { statistic, over } = pointwise;
  const window = pointwise.window ?? step;
  const resolution = Math.max(sampleInterval, Math.ceil(window / (over.tag === 'both' ? 60 : 1440)));
  // The values of a statistic are those at instants, however far apart the points are.
  const atInstants = rateWindow(resolution);
  const [overTime, overMembers, parameter] = named(statistic);
  if (over.tag === 'members') {
    const inner = value(labels([over.val]), automatic);
    return { promql: counted(aggregate(overMembers, labels(), parameter + inner), automatic) };
  }
  if (over.tag === 'both') {
    // A member that is told apart anyway is a group of its own.
    const member = kept.includes(over.val) ? undefined : labelOf(over.val, schema);
    const pooling = { statistic, member, window, resolution };
    return { promql: counted(value(labels([over.val]), atInstants), atInstants), pooling };
  }
  if (isRate && statistic.tag === 'avg') {
    // A rate is a mean already.
    const rate = pointwise.window == null ? automatic : durationOfSeconds(window).text;
    return { promql: counted(value(labels(), rate), rate) };
  }
  const filteredOn = (dimension) => filters.find(([one]) => one === dimension)?.[1] ?? [];
  const isOneSeries = filteredOn('kernel-id').length === 1 || kept.includes('kernel-id');
  if (!isPct && !isRate && isOneSeries) {
    return { promql: aggregate('sum', labels(), `${overTime}${selector(side)}[${durationOfSeconds(window).text}])`) };
  }
  const subquery = `[${durationOfMillis(window * 1000 - 1).text}:${durationOfSeconds(resolution).text}]`;
  return { promql: counted(`${overTime}(${value(labels(), atInstants)})${subquery})`, atInstants, subquery) };
}
