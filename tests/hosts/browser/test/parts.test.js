// The parts of the served page that need no browser: what an address says, what is asked for, how numbers, names and
// files are written, and whether lines can be told apart. And uPlot is the one that was published.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { csv } from '../../../../host/serve/page/csv.js';
import { names, printable, shortened } from '../../../../host/serve/page/labels.js';
import { COLOURS, style } from '../../../../host/serve/page/palette.js';
import { anomaliesBody, queryBody, topBody, valuesPath } from '../../../../host/serve/page/query.js';
import { chosen, format, initial, parse, span } from '../../../../host/serve/page/state.js';
import { duration, withUnit } from '../../../../host/serve/page/units.js';

const NOW = Date.parse('2026-01-05T04:00:00Z');
const folder = fileURLToPath(new URL('../../../../host/serve/page/', import.meta.url));

/** A state in which everything differs from the first. */
const looked = () => ({
  ...initial(),
  metric: 'mem',
  value: 'current',
  filters: { ...initial().filters, kernel: ['a&b=c#d', '<img src=x>'], agent: ['i-1'] },
  by: ['kernel', 'user'],
  range: '',
  from: NOW - 7_200_000,
  to: NOW,
  step: 60,
  statistic: 'p99.9',
  over: 'members:kernel',
  anomalies: true,
  top: true,
  plan: true,
  sort: '-max',
  hidden: ['[["kernel_id","a"]]'],
});

test('an address says the whole of what is looked at', () => {
  assert.deepEqual(parse(format(looked())), looked());
  assert.deepEqual(parse(format(initial())), initial());
  assert.deepEqual(parse(''), initial());
});

test('what an address says wrongly counts as not said', () => {
  for (const wrong of ['range=2h', 'from=2&to=1', 'from=x&to=9', 'from=1&to=1e300', 'step=-1', 'step=1.5', 'step=0x', 'statistic=p101', 'statistic=pp', 'over=members:host', 'by=constructor', 'value=all', 'sort=<b>', '%', '&&==']) {
    assert.deepEqual(parse(`#${wrong}`), initial(), wrong);
  }
});

test('a preset ends now, and a chosen range not after now', () => {
  assert.deepEqual(span({ range: '6h' }, NOW), { from: NOW - 21_600_000, to: NOW });
  const { range, from, to } = chosen(initial(), NOW - 1000, NOW + 9000, NOW);
  assert.deepEqual([range, from, to], ['', NOW - 10_000, NOW]);
});

test('a state becomes the body of a query', () => {
  const { query, options } = queryBody(looked(), NOW);
  assert.deepEqual(query.labels, { value_type: 'current', kernel_id: ['a&b=c#d', '<img src=x>'], agent_id: ['i-1'] });
  assert.deepEqual(query.group_by, ['kernel_id', 'user_id']);
  assert.deepEqual([query.start, query.end, query.step], ['2026-01-05T02:00:00.000Z', '2026-01-05T04:00:00.000Z', 60]);
  assert.deepEqual(query.pointwise, { statistic: { quantile: 0.999 }, over: { members: 'kernel_id' } });
  assert.deepEqual(options, { partial: true });
});

test('a chart has as many points as a screen shows', () => {
  const steps = Object.fromEntries(['1h', '6h', '1d', '7d'].map((range) => [range, queryBody({ ...initial(), range }, NOW).query.step]));
  assert.deepEqual(steps, { '1h': 30, '6h': 60, '1d': 300, '7d': 1800 });
  assert.equal(queryBody({ ...initial(), range: '', from: 0, to: NOW }, NOW).query.step, 86_400);
});

test('others are asked for where they add up, and anomalies at the detection\'s own step', () => {
  const others = (changed) => topBody({ ...initial(), ...changed }, NOW).ranking.others;
  assert.deepEqual([{}, { statistic: 'avg' }, { statistic: 'max' }, { value: 'pct' }, { statistic: 'avg', over: 'members:kernel' }].map(others), [true, true, false, false, false]);
  assert.equal(anomaliesBody(initial(), NOW).query.step, null);
  assert.equal(anomaliesBody(looked(), NOW).query.step, 60);
});

test('a menu lists the values of a dimension that the other filters leave', () => {
  const [path, said] = valuesPath(looked(), 'kernel', 7).split('?');
  assert.equal(path, '/v1/values/kernel_id');
  const given = Object.fromEntries(new URLSearchParams(said));
  assert.deepEqual([given.metric_name, given.agent_id, given.value_type, given.limit, given.kernel_id], ['mem', 'i-1', 'current', '7', undefined]);
});

test('values are written in the unit that people use', () => {
  for (const [value, unit, text] of [[3.5 * 1024 ** 3, 'bytes', '3.5 GiB'], [2048, 'bytes/s', '2 KiB/s'], [350, 'millicores', '350 mcores'], [2500, 'millicores', '2.5 cores'], [12.4, 'percent', '12.4 %'], [9_000_000, 'millicore-seconds', '2.5 core-hours'], [7200 * 1024 ** 2, 'byte-seconds', '2 MiB·h'], [5, 'constructor', '5 constructor'], [5, undefined, '5'], [Number.NaN, 'bytes', 'NaN']]) {
    assert.equal(withUnit(value, unit).replaceAll('  ', ' '), text);
  }
  assert.deepEqual([duration(5400), duration(30), duration(86_400)], ['1 h 30 min', '30 s', '1 d']);
});

test('series are named by the labels that tell them apart, and no two by the same name', () => {
  const kernel = (end) => `8f7f9f4f-0000-4000-8000-00000000000${end}`;
  const set = (kernel_id, value_type) => ({ labels: { kernel_id, value_type, owner_user_id: 'u' } });
  assert.deepEqual(names([set(kernel(1), 'current'), set('9f7f9f4f-0000-4000-8000-000000000001', 'current')]), ['kernel 8f7f9f4f', 'kernel 9f7f9f4f']);
  assert.deepEqual(names([set(kernel(1), 'current'), set(kernel(2), 'current')]), [1, 2].map((end) => `kernel ${kernel(end)}`));
  assert.deepEqual(names([set('k', 'current'), set('k', 'usage'), { title: '3 others', labels: {} }]), ['current', 'usage', '3 others']);
  assert.deepEqual(names([{ labels: {} }]), ['all']);
  assert.deepEqual(shortened([undefined, 'a']), [undefined, 'a']);
});

test('what is not seen, or turns the direction of reading, is written as an escape', () => {
  assert.equal(printable('a\u202eb\u0000c\nd\u200be\u00ade'), 'a\\u{202e}b\\u{0}c\\u{a}d\\u{200b}e\\u{ad}e');
  assert.equal(printable('커널 é 🐳'), '커널 é 🐳');
});

test('a file for a spreadsheet has exact numbers, and no formula', () => {
  const text = csv([{ labels: { user: '=1+1', 'a"b': 'x,y' }, timestamps: [NOW, NOW + 500], values: [0.1, Number.NaN] }, { labels: { user: 'u' }, timestamps: [NOW], values: [1e21] }]);
  assert.equal(text, '"timestamp","user","a""b","value"\r\n2026-01-05T04:00:00Z,"\'=1+1","x,y",0.1\r\n2026-01-05T04:00:00.500Z,"\'=1+1","x,y",NaN\r\n2026-01-05T04:00:00Z,"u","",1e+21\r\n');
});

// ---- colours

/** Linear red, green and blue, 0 to 1. */
const light = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
const times = (matrix, vector) => matrix.map((row) => Math.min(Math.max(row.reduce((sum, one, at) => sum + one * vector[at], 0), 0), 1));
const luminance = ([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

/** CIE L*a*b*, under D65. */
function lab([red, green, blue]) {
  const root = (part) => (part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116);
  const x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047);
  const y = root(luminance([red, green, blue]));
  const z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Machado, Oliveira and Fernandes (2009), at full severity. */
const SIGHTS = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** A difference of 2.3 is just noticed; lines are thin, and apart from each other. */
const LEAST_DISTANCE = 12;
/** WCAG 2.2, 1.4.11: what is drawn, against its ground. */
const LEAST_CONTRAST = 3;

test('the colours of lines are apart for the colour-blind, and stand out from the ground', () => {
  for (const [scheme, ground] of [['light', '#ffffff'], ['dark', '#1e2228']]) {
    for (const [at, colour] of COLOURS[scheme].entries()) {
      const [low, high] = [luminance(light(colour)), luminance(light(ground))].sort((a, b) => a - b);
      assert.ok((high + 0.05) / (low + 0.05) >= LEAST_CONTRAST, `${scheme} ${colour}`);
      for (const other of COLOURS[scheme].slice(at + 1)) {
        for (const [sight, matrix] of Object.entries(SIGHTS)) {
          const [one, two] = [colour, other].map((hex) => lab(times(matrix, light(hex))));
          assert.ok(Math.hypot(...one.map((part, index) => part - two[index])) >= LEAST_DISTANCE, `${scheme}, ${sight}: ${colour} and ${other}`);
        }
      }
    }
  }
});

test('24 lines differ in colour or dashes', () => {
  assert.equal(new Set(Array.from({ length: 24 }, (_, at) => JSON.stringify(style(at)))).size, 24);
});

// ---- what is served

test('uPlot is the published one, with its licence', () => {
  const published = join(dirname(createRequire(import.meta.url).resolve('uplot')), '..');
  for (const [ours, theirs] of [['uPlot.esm.js', 'dist/uPlot.esm.js'], ['uPlot.min.css', 'dist/uPlot.min.css'], ['LICENSE', 'LICENSE']]) {
    assert.ok(readFileSync(join(folder, 'vendor/uplot', ours)).equals(readFileSync(join(published, theirs))), ours);
  }
});
