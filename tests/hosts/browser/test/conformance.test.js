// The shared conformance cases in Chromium: those without I/O at both doors of the codec, those with I/O through
// the browser's own `fetch`, against the scripted Prometheus of the Node tests.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as esbuild from 'esbuild';

import { options } from '../../node/scripts/bundle.js';
import { files } from '../../node/test/conformance/cases.js';
import { hostile, sentAgain, WITH_SERVICE } from '../../node/test/conformance/runner.js';
import { ScriptedPrometheus } from '../../node/test/conformance/scripted-prometheus.js';
import { END, START, startPrometheus } from '../../node/test/prometheus.js';
import { serve } from '../scripts/serve.js';
import { startBrowser } from './browser.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'generated/conformance');

/** What this door cannot be asked, and why. */
const OUT_OF_REACH = {
  'a-server-of-another-protocol-is-malformed': 'a page is told of every network error alike',
};

/** Why a page cannot play a case; none where it can. */
function beyondReach(one) {
  if (one.call === 'json') return 'the codec has no such interface';
  // `fetch` in a page hides where it would be sent.
  const isRedirect = ({ answer: { status } }) => status >= 300 && status < 400;
  if (one.exchanges?.some(isRedirect)) return 'a page is not told where a redirect goes';
  return sentAgain(one) || OUT_OF_REACH[one.name];
}

const prometheus = new ScriptedPrometheus();
let browser;
let server;
let page;

before(async () => {
  // The scripted Prometheus sends the headers of its cases, and CORS's are not among them.
  browser = await startBrowser(['--disable-web-security']);
  mkdirSync(folder, { recursive: true });
  await esbuild.build({ ...options(esbuild, join(root, 'generated')), absWorkingDir: root, entryPoints: ['test/conformance/judge.js'], outdir: folder });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>conformance</title><script type="module" src="judge.js"></script>');
  server = await serve(folder);
  page = await browser.newPage();
  await page.exposeFunction('startPrometheus', (answers) => prometheus.start(answers));
  await page.exposeFunction('stopPrometheus', () => prometheus.stop());
  await page.goto(`${server.origin}/`);
  await page.waitForFunction(() => globalThis.judge !== undefined);
});
after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
  await prometheus.end();
});

for (const { topic, cases } of files()) {
  describe(topic, () => {
    for (const one of cases) {
      if (WITH_SERVICE.has(one.call)) {
        test(one.name, { skip: hostile(one) || beyondReach(one) }, async () => {
          assert.deepEqual(await page.evaluate((one) => globalThis.judgeFetch(one), one), [], one.about);
        });
      } else {
        test(one.name, { skip: hostile(one) }, async () => {
          assert.deepEqual(await page.evaluate((one) => globalThis.judge(one), one), [], one.about);
        });
      }
    }
  });
}

test('an answer that is wrong is found out', async () => {
  for (const { cases } of files()) {
    for (const { expect, name } of cases) {
      assert.ok(await page.evaluate(([expect]) => globalThis.findsOut(expect, { broken: 'trap' }), [expect]), name);
    }
  }
});

test('a large answer is decoded beside the page, and in it where the page allows no worker', async () => {
  const beside = await page.evaluate(() => globalThis.askForMuch(200));
  assert.equal(beside.points, 2_000_000);
  await page.evaluate(() => (globalThis.Worker = undefined));
  const inside = await page.evaluate(() => globalThis.askForMuch(200));
  assert.equal(inside.points, 2_000_000);
  assert.ok(beside.longest < inside.longest / 2, `${beside.longest} ms, ${inside.longest} ms`);
});

test('live stats, presets and verdicts are what a real Prometheus says', async () => {
  const real = await startPrometheus();
  try {
    const query = 'sum by (kernel_id)(backendai_container_utilization{container_metric_name="mem",value_type="current"})';
    const ask = async (path) => (await (await fetch(`http://${real.address}/api/v1/${path}`)).json()).data.result;
    const now = (await ask(`query?${new URLSearchParams({ query, time: END })}`)).slice(0, 2).map(({ metric, value }) => [metric.kernel_id, [Number(value[1])]]);
    const kernels = now.map(([kernel]) => kernel);
    const told = await page.evaluate(([address, kernels, time]) => globalThis.decide(address, kernels, time), [real.address, kernels, Date.parse(END)]);
    assert.equal(now.length, 2);
    assert.deepEqual(told.live, now);
    assert.deepEqual(told.missing, ['gone']);
    assert.deepEqual(told.placeholders, ['group_by', 'labels']);
    assert.ok(told.promql.includes(`kernel_id=~"${kernels.join('|')}"`), told.promql);
    assert.deepEqual(told.instant, now);
    assert.deepEqual(told.range.map(([kernel, values]) => [kernel, [values.at(-1)]]), now);
    assert.ok(told.range.every(([, values]) => values.length > 1));
    assert.deepEqual(told.judgements, [...kernels.map((kernel) => [kernel, 'value', true]), ['gone', 'no-data', null]]);
    assert.equal(told.refused, 'preset.template');
  } finally {
    await real.stop();
  }
});

test('summaries, ranks, anomalies and values are what a real Prometheus says', async () => {
  const real = await startPrometheus();
  try {
    const ask = async (path) => (await (await fetch(`http://${real.address}/api/v1/${path}`)).json()).data;
    const query = 'sum by (kernel_id)(backendai_container_utilization{container_metric_name="mem",value_type="current"})';
    const { result } = await ask(`query_range?${new URLSearchParams({ query, start: START, end: END, step: 60 })}`);
    const peaks = result.map(({ metric, values }) => [metric.kernel_id, Math.max(...values.map(([, value]) => Number(value)))]);
    const told = await page.evaluate(([address, start, end]) => globalThis.sumUp(address, start, end), [real.address, START, END]);
    assert.equal(told.totalUnit, 'byte-seconds');
    assert.deepEqual(new Map(told.peaks), new Map(peaks));
    const [[kernel, peak]] = peaks.toSorted(([, one], [, other]) => other - one);
    assert.deepEqual(told.best, [kernel, peak, peaks.length]);
    // Some kernels had ended by the last hour.
    assert.ok(told.watched.length > 0 && told.watched.length <= peaks.length);
    assert.ok(told.watched.every(([values, lower]) => values > 0 && values === lower));
    assert.ok(told.anomalies.length > 0 && told.anomalies.every((score) => score > 1));
    assert.ok(told.outliers.length === peaks.length && told.outliers.every((learnt) => learnt >= 4));
    assert.equal(told.worked[0], 'millicore-seconds');
    assert.ok(told.worked[1].length === peaks.length && told.worked[1].every((total) => total > 0));
    assert.deepEqual(told.values, await ask('label/kernel_id/values'));
  } finally {
    await real.stop();
  }
});
