// The page as a person uses it, in Chromium, on a real Prometheus: types a filter, picks a range, sees the series,
// and a clear message where there are none. Screenshots are left in target/hosts/browser/.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startPrometheus } from '../../node/test/prometheus.js';
import { dist, serve } from '../scripts/serve.js';
import { startBrowser } from './browser.js';

const screenshots = fileURLToPath(new URL('../../../../target/hosts/browser/', import.meta.url));
mkdirSync(screenshots, { recursive: true });

/** Where nothing listens. Not the discard port: Chromium refuses to go there at all. */
const NOBODY = '127.0.0.1:1024';

let prometheus;
let server;
let browser;
let page;
let complaints;

before(async () => {
  browser = await startBrowser();
  server = await serve(dist);
  prometheus = await startPrometheus();
});
after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
  await prometheus?.stop();
});
beforeEach(async () => {
  await page?.context().close();
  const context = await browser.newContext({ timezoneId: 'UTC', locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${server.origin}/`);
});

async function connect(address = prometheus.address) {
  await page.getByLabel('Prometheus').fill(address);
  await page.getByRole('button', { name: 'Connect' }).click();
}

async function ask({ metric = 'mem', value = 'current', range = ['2026-01-05T00:00', '2026-01-05T04:00'], step = '60', each = [], only = {} }) {
  const form = page.getByRole('form', { name: 'Query' });
  await form.getByLabel('Metric').selectOption(metric);
  await form.getByLabel('Value').selectOption(value);
  for (const [name, text] of Object.entries(only)) await form.getByLabel(name, { exact: true }).fill(text);
  for (const name of each) await form.locator('.chips').getByText(name).click();
  await form.getByLabel('Range').selectOption('chosen below');
  await form.getByLabel('From').fill(range[0]);
  await form.getByLabel('To', { exact: true }).fill(range[1]);
  await form.getByLabel('Step').fill(step);
  await form.getByRole('button', { name: 'Show' }).click();
}

const seriesRows = () => page.locator('.u-legend .u-series').filter({ hasNotText: 'Time' });

/** What Prometheus itself says, asked without us: kernel to its points of `mem`. */
async function kernels() {
  const query = 'sum by (kernel_id)(backendai_container_utilization{container_metric_name="mem",value_type="current"})';
  const form = new URLSearchParams({ query, start: '1767571200', end: '1767585600', step: '60' });
  const { data } = await (await fetch(`http://${prometheus.address}/api/v1/query_range`, { method: 'POST', body: form })).json();
  return new Map(data.result.map(({ metric, values }) => [metric.kernel_id, values.map(([time]) => time)]));
}

/** For each column of the chart's plotting area, whether a line is there: our lines are coloured, all else is grey. */
function inked() {
  return page.evaluate(() => {
    const canvas = document.querySelector('#chart canvas');
    const over = document.querySelector('#chart .u-over');
    const ratio = canvas.width / canvas.clientWidth;
    const [left, top, width, height] = [over.offsetLeft, over.offsetTop, over.clientWidth, over.clientHeight].map((size) => Math.round(size * ratio));
    const { data } = canvas.getContext('2d').getImageData(left, top, width, height);
    return Array.from({ length: width }, (_, x) => {
      for (let y = 0; y < height; y += 1) {
        const [red, green, blue, alpha] = data.subarray(4 * (y * width + x));
        if (alpha > 60 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) return true;
      }
      return false;
    });
  });
}

test('the metrics are those that Prometheus holds, each with what it measures', async () => {
  await connect();
  const metric = page.getByRole('form', { name: 'Query' }).getByLabel('Metric');
  await metric.locator('option', { hasText: 'net_rx' }).waitFor({ state: 'attached' });
  const names = await metric.locator('option').allTextContents();
  for (const name of ['cpu_util', 'mem', 'net_rx']) assert.ok(names.includes(name), `${name} in ${names}`);
  assert.deepEqual(await metric.locator('optgroup').evaluateAll((all) => all.map(({ label }) => label).includes('memory')), true);
  await metric.selectOption('mem');
  assert.match(await page.locator('#description').textContent(), /\(bytes\)$/);
  assert.deepEqual(complaints, []);
});

test('a filter that is typed and a range that is picked show one series, with its units and its times', async () => {
  await connect();
  const [kernel] = [...(await kernels())].find(([, times]) => times.length === 241);
  await ask({ only: { Kernel: kernel } });
  await page.locator('#chart canvas').waitFor();
  assert.equal(await page.locator('#result h2').textContent(), 'mem, in bytes');
  assert.match(await page.locator('#reading').textContent(), /^gauge, 1 series, 241 points, one every 60 s$/);
  assert.ok((await page.locator('#promql').textContent()).includes(`kernel_id="${kernel}"`));
  assert.equal(await seriesRows().count(), 1);
  assert.match(await seriesRows().textContent(), new RegExp(kernel.slice(0, 8)));
  // Under the pointer the legend tells time and value, in a unit for people.
  await page.locator('#chart .u-over').hover();
  assert.match(await page.locator('.u-legend').textContent(), /2026-01-05 0[12]:\d\d:\d\d/);
  assert.match(await seriesRows().textContent(), /\d [KMG]iB/);
  assert.ok((await inked()).every(Boolean), 'a whole series is a line from edge to edge');
  await page.screenshot({ path: `${screenshots}one-series.png` });
  assert.deepEqual(complaints, []);
});

test('one line for each kernel comes with a legend that tells them apart', async () => {
  await connect();
  const all = await kernels();
  await ask({ each: ['kernel'] });
  await page.locator('#chart canvas').waitFor();
  assert.equal(await seriesRows().count(), all.size);
  const names = await seriesRows().locator('th').allTextContents();
  assert.equal(new Set(names).size, all.size, names.join());
  await page.locator('#chart .u-over').hover();
  await page.screenshot({ path: `${screenshots}kernels.png`, fullPage: true });
  assert.deepEqual(complaints, []);
});

test('a rate is told with its unit a second', async () => {
  await connect();
  await ask({ metric: 'net_rx', each: ['agent'], step: '120' });
  await page.locator('#chart canvas').waitFor();
  assert.equal(await page.locator('#result h2').textContent(), 'net_rx, in bytes/s');
  assert.match(await page.locator('#reading').textContent(), /^rate, /);
  await page.locator('#chart .u-over').hover();
  assert.match(await seriesRows().first().textContent(), /\d [KMG]?i?B\/s/);
  await page.screenshot({ path: `${screenshots}rate.png` });
});

test('a gap in the data is a gap in the line', async () => {
  await connect();
  const widest = (times) => Math.max(...times.slice(1).map((time, at) => time - times[at]));
  const [kernel, times] = [...(await kernels())].find(([, all]) => all.length > 180 && widest(all) >= 600);
  await ask({ only: { Kernel: kernel } });
  await page.locator('#chart canvas').waitFor();
  const columns = await inked();
  const at = (time) => Math.round(((time - 1767571200) / 14400) * (columns.length - 1));
  const index = times.findIndex((time, i) => times[i + 1] - time === widest(times));
  const [before, after] = [at(times[index]), at(times[index + 1])];
  const gap = columns.slice(before + 3, after - 2);
  assert.ok(gap.length > 10 && !gap.some(Boolean), 'nothing is drawn where nothing was measured');
  assert.ok(columns.slice(5, before - 2).every(Boolean) && columns.slice(after + 3, -5).every(Boolean), 'and a line is beside it');
  await page.screenshot({ path: `${screenshots}gap.png` });
});

test('a Prometheus that is down is told as such, and what to look at', async () => {
  await connect(NOBODY);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.textContent(), /Prometheus cannot be reached/);
  assert.match(await alert.textContent(), /127\.0\.0\.1:1024/);
  assert.match(await alert.textContent(), /Is it running there/);
  assert.equal(await page.locator('#result').isVisible(), false);
  await page.screenshot({ path: `${screenshots}down.png` });
  // And it goes away with the trouble.
  await connect();
  await page.locator('option', { hasText: 'net_rx' }).waitFor({ state: 'attached' });
  await alert.waitFor({ state: 'hidden' });
  assert.deepEqual(complaints, []);
});

test('a query that is wrong is told what is wrong with it', async () => {
  await connect();
  const alert = page.getByRole('alert');
  await ask({ range: ['2026-01-05T04:00', '2026-01-05T00:00'] });
  await alert.waitFor();
  assert.match(await alert.textContent(), /This range cannot be asked for.*accepted/);
  await ask({ step: '0' });
  await alert.getByText('This cannot be asked').waitFor();
  assert.match(await alert.textContent(), /step/);
  // A range with a point a second for a week: the codec does not let it out.
  await ask({ range: ['2026-01-01T00:00', '2026-01-06T00:00'], step: '1' });
  await alert.getByText('This asks for too much').waitFor();
  await ask({});
  await page.locator('#chart canvas').waitFor();
  assert.equal(await alert.isVisible(), false);
});

test('a filter that nothing fits shows that there is nothing, and no error', async () => {
  await connect();
  await ask({ only: { Session: 'a "session" that \\ never was' } });
  await page.getByText('no samples for this query').waitFor();
  assert.equal(await page.getByRole('alert').isVisible(), false);
});

test('an answer that is partial is refused; where that is accepted, the chart is marked', async () => {
  const at = 1767571200;
  await page.route('**/api/v1/**', (route) => {
    const isQuery = route.request().url().includes('query_range');
    const data = isQuery ? { resultType: 'matrix', result: [{ metric: {}, values: [[at, '1'], [at + 60, '2']] }] } : ['mem'];
    return route.fulfill({ json: { status: 'success', warnings: ['a store is down'], data }, headers: { 'access-control-allow-origin': '*' } });
  });
  await connect('127.0.0.1:1024');
  await page.getByRole('alert').getByText('Prometheus did not see all data').waitFor();
  await page.getByLabel('also partial answers').check();
  await connect('127.0.0.1:1024');
  await page.getByText('The list may lack some. a store is down').waitFor();
  await ask({});
  await page.locator('#chart canvas').waitFor();
  assert.equal(await page.getByRole('note').isVisible(), true);
  assert.match(await page.locator('#remarks').textContent(), /a store is down/);
});
