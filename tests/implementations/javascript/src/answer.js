// Prometheus's answers, made into series, names, or a failure.

import { METRIC_FAMILY } from './expression.js';
import { failedToGetMetric, head, limitedByServer, limitExceeded, malformedResponse, partialAnswer, timedOut } from './failure.js';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function expect(holds, what) {
  if (!holds) throw malformedResponse(`expected ${what}`);
}

/** Null where something is missing, as Go writes what is empty. */
function listOf(value, what) {
  expect(value == null || Array.isArray(value), `${what}, a list`);
  return value ?? [];
}

function texts(value, what, budget) {
  const list = listOf(value, what);
  for (const text of list) {
    expect(typeof text === 'string', `${what}, a list of texts`);
    budget.spend(16 + text.length);
  }
  return list;
}

/** How servers say that a query is over a limit of theirs: Prometheus, Mimir, VictoriaMetrics. */
const LIMITS = ['err-mimir-max-', 'exceeds the limit', 'would load too many samples'];

/** Remarks on the query, warnings of it, and that data is missing, told apart: `{ warnings, infos, partial }`. */
function readRemarks(config, answer, budget) {
  const said = texts(answer.warnings, 'the warnings', budget);
  const isInfo = (text) => text.startsWith('PromQL info:');
  const warnings = said.filter((text) => !isInfo(text));
  // Each rate of the family brings it.
  const isExpected = (text) => text.includes('metric might not be a counter') && text.includes(METRIC_FAMILY);
  const infos = [...texts(answer.infos, 'the infos', budget), ...said.filter(isInfo)].filter((text) => !isExpected(text));
  const partial = answer.isPartial === true || warnings.some((text) => !text.startsWith('PromQL warning:'));
  if (partial && !config.partial) throw partialAnswer(warnings.join('; ') || 'it says `isPartial`');
  return { warnings, infos, partial };
}

/** Points that were asked for, in the order of time, each series once. */
function checkProtocol(asked, series, isSingle) {
  const seen = new Set();
  for (const { labels, timestamps } of series) {
    const key = JSON.stringify(labels);
    if (seen.has(key)) throw malformedResponse('two series have the same labels');
    seen.add(key);
    if (isSingle) continue;
    timestamps.forEach((at, index) => {
      if (index > 0 && at <= timestamps[index - 1]) throw malformedResponse(`the times of a series do not ascend at ${at}`);
      const seconds = Number(at) / 1000;
      if (seconds < asked.start || seconds > asked.end || (seconds - asked.start) % asked.step !== 0) {
        throw malformedResponse(`a point at ${at} was not asked for`);
      }
    });
  }
}

/** The answer's JSON, if Prometheus answered and agreed. */
function readAnswer(status, body) {
  let answer;
  try {
    answer = JSON.parse(body);
  } catch (error) {
    if (status === 200) throw malformedResponse(`not JSON: ${error.message}`);
  }
  if (isObject(answer) && answer.status === 'error' && (typeof answer.errorType === 'string' || status === 200)) {
    const message = typeof answer.error === 'string' ? answer.error : '';
    if (answer.errorType === 'timeout') throw timedOut(`Prometheus gave up: ${message}`);
    if (status === 422 && typeof answer.errorType === 'string' && LIMITS.some((words) => message.includes(words))) {
      throw limitedByServer(message);
    }
    throw failedToGetMetric(status, answer.errorType, message);
  }
  if (status !== 200) throw failedToGetMetric(status, undefined, head(body.trim(), 300) || 'the answer has no body');
  expect(isObject(answer) && answer.status === 'success', 'an object whose status is success or error');
  return answer;
}

/** Unix seconds to whole milliseconds, through the shortest decimal text: a product would be a millisecond off for some. */
function millisOf(seconds) {
  expect(typeof seconds === 'number' && Math.abs(seconds) < 1e15, 'a timestamp in Unix seconds');
  const [whole, fraction = ''] = Math.abs(seconds).toString().split('.');
  const millis = BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0').slice(0, 3));
  return seconds < 0 ? -millis : millis;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function valueOf(text) {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  if (text === 'NaN') return NaN;
  expect(typeof text === 'string' && NUMBER.test(text), 'a sample value in quotes');
  return Number(text);
}

/** At most so many bytes: 16 a sample, 64 a series, and the labels. */
function budgetOf(maximum) {
  let left = maximum;
  return {
    spend(bytes) {
      left -= bytes;
      if (left < 0) throw limitExceeded('max-result-bytes', maximum);
    },
  };
}

function readSeries(labels, samples, budget) {
  const pairs = Object.entries(labels);
  for (const [name, value] of pairs) {
    expect(typeof value === 'string', 'the value of a label, a text');
    budget.spend(name.length + value.length);
  }
  budget.spend(64 + 16 * samples.length);
  const timestamps = new BigInt64Array(samples.length);
  const values = new Float64Array(samples.length);
  samples.forEach((sample, at) => {
    expect(Array.isArray(sample) && sample.length === 2, 'a sample of timestamp and value');
    timestamps[at] = millisOf(sample[0]);
    values[at] = valueOf(sample[1]);
  });
  return { labels: pairs, timestamps, values };
}

/** The series of a range query's answer, with Prometheus's warnings and remarks. */
export function readRange(config, status, body, asked) {
  const answer = readAnswer(status, body);
  const budget = budgetOf(config.maxResultBytes);
  const { data } = answer;
  expect(data === null || (isObject(data) && 'result' in data), 'data with a result');
  const kind = data?.resultType ?? 'matrix';
  expect(['matrix', 'vector', 'scalar'].includes(kind), 'a result of numbers');
  const found = listOf(data?.result, 'the result');
  const warnings = [];
  let series;
  if (kind === 'scalar') {
    series = [readSeries({}, [found], budget)];
  } else {
    const histograms = found.filter((one) => isObject(one) && ('histogram' in one || 'histograms' in one)).length;
    if (histograms > 0) warnings.push(`${histograms} series hold native histograms, which are left out`);
    series = found.map((one) => {
      expect(isObject(one) && (one.metric == null || isObject(one.metric)), 'a series, an object');
      const samples = one.value == null ? listOf(one.values, 'the values') : [one.value];
      return readSeries(one.metric ?? {}, samples, budget);
    });
  }
  checkProtocol(asked, series, kind !== 'matrix');
  const remarks = readRemarks(config, answer, budget);
  return { series, ...remarks, warnings: [...warnings, ...remarks.warnings] };
}

/** The names in the answer to a request for a label's values. */
export function readNames(config, status, body) {
  const answer = readAnswer(status, body);
  const budget = budgetOf(config.maxResultBytes);
  return { names: texts(answer.data, 'the names', budget), ...readRemarks(config, answer, budget) };
}
