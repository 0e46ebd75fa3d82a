// The page that `metric-host serve` serves, as a person uses it, in Chromium, on a real Prometheus. Every test also
// sees to it that the page asks nobody else, and that its own policy forbids nothing that it does. Screenshots are left
// in target/hosts/page/. Tests in double quotes are named in SECURITY.md.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { END, START, startPrometheus } from '../../node/test/prometheus.js';
import { startBrowser } from './browser.js';
import { fakePrometheus, freePort, startService } from './service.js';

const screenshots = fileURLToPath(new URL('../../../../target/hosts/page/', import.meta.url));
mkdirSync(screenshots, { recursive: true });

const [FROM, TO] = [START, END].map((time) => Date.parse(time));
const RANGE = `from=${FROM}&to=${TO}`;

let prometheus;
let service;
let browser;
let page;
/** What no test may find: scripts that failed, policies that were broken, requests that went elsewhere. */
let faults = [];

before(async () => {
  [browser, prometheus] = await Promise.all([startBrowser(), startPrometheus()]);
  service = await startService(prometheus.address);
});
after(async () => {
  await browser?.close();
  await service?.stop();
  await prometheus?.stop();
});
afterEach(async () => {
  await page?.context().close();
  page = undefined;
  const found = faults;
  faults = [];
  assert.deepEqual(found, []);
});

/** Opens the page at an address; its clock stands at the end of the data. */
async function open(hash = '', { origin = service.origin, viewport = { width: 1280, height: 900 }, colorScheme = 'light', hasTouch = false } = {}) {
  const context = await browser.newContext({ timezoneId: 'UTC', locale: 'en-GB', colorScheme, viewport, hasTouch, acceptDownloads: true });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => faults.push(error.stack));
  page.on('dialog', (dialog) => faults.push(`a dialog: ${dialog.message()}`));
  page.on('console', (message) => {
    // The browser writes down every answer that is an error; those are the tests' own.
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:') && !request.url().startsWith('blob:')) faults.push(`a request to ${request.url()}`);
  });
  await page.clock.setFixedTime(TO);
  await page.goto(`${origin}/${hash}`);
}

const shot = (name) => page.screenshot({ path: `${screenshots}${name}.png`, fullPage: true });
const rows = () => page.locator('#series tbody tr');
const options = () => page.locator('[role=listbox] [role=option]');
const canvas = () => page.locator('#chart canvas');
const hash = () => page.evaluate(() => location.hash);
const said = async (name) => new URLSearchParams((await hash()).slice(1)).getAll(name);

/** Waits until the answer, and all that is shown beside it, is there. */
async function answered() {
  await canvas().waitFor();
  await page.waitForFunction(() => document.querySelector('#panel').ariaBusy === 'false');
}

/** What Prometheus itself says: the values of a label of `mem`, of the series that match. */
async function valuesOf(label, matchers = '') {
  const form = new URLSearchParams({ 'match[]': `backendai_container_utilization{container_metric_name="mem"${matchers}}`, start: FROM / 1000, end: TO / 1000 });
  const { data } = await (await fetch(`http://${prometheus.address}/api/v1/label/${label}/values?${form}`)).json();
  return data;
}

test('a first visit comes to a chart in three clicks', async () => {
  await open();
  await page.getByText('Main memory in use.').waitFor();
  await shot('first-visit');
  await page.getByRole('radio', { name: 'mem' }).locator('..').click();
  await page.locator('#by').getByText('agent').click();
  await page.getByText('6 h').click();
  await answered();
  await page.waitForFunction((count) => document.querySelectorAll('#series tbody tr').length === count, (await valuesOf('agent_id')).length);
  assert.match(await page.locator('#result h2').textContent(), /^mem bytes$/);
  assert.match(await page.locator('#reading').textContent(), /^2026-01-04 22:00:00 to 2026-01-05 04:00:00 UTC · a point every 1 min/);
  // What each came to over the range stands in the table, in units for people.
  assert.match(await rows().first().textContent(), /(\d GiB.*){5}GiB·h/);
  await page.locator('#chart .u-over').hover();
  assert.match(await page.locator('.tip').textContent(), /^2026-01-05 0\d:\d\d:\d\d/);
  assert.match(await rows().first().locator('.now').textContent(), /\d [MG]iB/);
  await shot('chart');
});

test('metrics stand under what they measure, with their unit, and are found by a word', async () => {
  await open();
  const nav = page.getByRole('navigation', { name: 'Metrics' });
  await nav.getByRole('group', { name: 'cpu' }).getByText('cpu_util').waitFor();
  assert.match(await nav.getByRole('group', { name: 'network' }).textContent(), /net_rx bytes\/sNetwork traffic received\./);
  await nav.getByRole('searchbox').fill('traffic');
  assert.equal(await nav.getByText('cpu_util').isVisible(), false);
  assert.equal(await nav.getByText('net_rx').isVisible(), true);
});

test('a filter is chosen from a menu, by typing and by the keyboard, and takes several values', async () => {
  await open(`#metric=mem&value=current&by=kernel&${RANGE}`);
  await answered();
  const [first, second] = await valuesOf('kernel_id');
  const field = page.getByRole('combobox', { name: 'kernel' });
  await field.click();
  await page.getByRole('option', { name: first }).waitFor();
  await shot('menu');
  await field.pressSequentially(first.slice(0, 6));
  await field.press('ArrowDown');
  await field.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('#series tbody tr').length === 1);
  assert.deepEqual(await said('kernel'), [first]);
  // What the menu does not list is taken as it is typed.
  await field.fill(second);
  await field.press('Escape');
  await field.fill(second);
  await page.getByRole('option', { name: second }).click();
  await page.waitForFunction(() => document.querySelectorAll('#series tbody tr').length === 2);
  assert.deepEqual(await said('kernel'), [first, second]);
  await page.getByText('Query and plan').click();
  await page.getByText(`kernel_id=~"${first}|${second}"`).waitFor();
  await page.locator('#plan dd', { hasText: 'points' }).waitFor();
  assert.match(await page.locator('#plan dl').textContent(), /step1 min: /);
  await shot('filters-and-plan');
  // A menu offers what the other filters leave.
  await page.getByRole('combobox', { name: 'agent' }).click();
  const agents = await valuesOf('agent_id', `,kernel_id=~"${first}|${second}"`);
  await page.getByRole('listbox', { name: 'agents' }).getByRole('option').first().waitFor();
  assert.deepEqual(await page.getByRole('listbox', { name: 'agents' }).getByRole('option').allTextContents(), agents);
  await page.getByRole('button', { name: `Remove kernel ${first}` }).click();
  await page.waitForFunction(() => document.querySelectorAll('#series tbody tr').length === 1);
  assert.deepEqual(await said('kernel'), [second]);
});

test('a range is chosen by dragging in the chart, and left by zooming out', async () => {
  await open(`#metric=mem&value=current&${RANGE}`);
  await answered();
  const { x, y, width } = await page.locator('#chart .u-over').boundingBox();
  await page.mouse.move(x + width / 4, y + 50);
  await page.mouse.down();
  await page.mouse.move(x + width / 2, y + 120, { steps: 5 });
  await shot('dragging');
  await page.mouse.up();
  await page.getByText('2026-01-05 01:00:00 to 02:00:00').or(page.getByText(/2026-01-05 0(0:59|1:00):\d\d to 0(1:59|2:00):\d\d/)).first().waitFor();
  const [from, to] = [Number(await said('from')), Number(await said('to'))];
  assert.ok(Math.abs(from - FROM - 3_600_000) < 60_000 && Math.abs(to - FROM - 7_200_000) < 60_000, await hash());
  assert.match(await page.getByLabel('From').inputValue(), /^2026-01-05T0[01]:/);
  await page.getByRole('button', { name: 'Zoom out' }).click();
  await page.waitForFunction((from) => Number(new URLSearchParams(location.hash.slice(1)).get('from')) < from, from);
  assert.ok(Math.abs(Number(await said('to')) - Number(await said('from')) - 2 * (to - from)) < 2000);
  await page.getByRole('button', { name: 'Earlier' }).click();
  await answered();
});

test('a range is drawn with a finger, and up and down is the page\'s own', async () => {
  await open(`#metric=mem&value=current&${RANGE}`, { viewport: { width: 390, height: 700 }, hasTouch: true });
  await answered();
  await page.locator('#chart').scrollIntoViewIfNeeded();
  const { x, y, width } = await page.locator('#chart .u-over').boundingBox();
  const fingers = await page.context().newCDPSession(page);
  const send = (type, ...touchPoints) => fingers.send('Input.dispatchTouchEvent', { type, touchPoints });
  const finger = async (from, to) => {
    await send('touchStart', { x: from[0], y: from[1] });
    for (let part = 1; part <= 8; part += 1) {
      await send('touchMove', { x: from[0] + ((to[0] - from[0]) * part) / 8, y: from[1] + ((to[1] - from[1]) * part) / 8 });
    }
  };
  const before = await hash();
  const scrolled = () => page.evaluate(() => scrollY);
  const top = await scrolled();
  await finger([x + width / 4, y + 150], [x + width / 4 + 3, y + 30]);
  await send('touchEnd');
  await page.waitForFunction((top) => scrollY !== top, top);
  assert.equal(await hash(), before);
  await page.locator('#chart').scrollIntoViewIfNeeded();
  const box = await page.locator('#chart .u-over').boundingBox();
  await finger([box.x + box.width / 4, box.y + 60], [box.x + box.width / 2, box.y + 70]);
  await shot('dragging-by-touch');
  await send('touchEnd');
  await page.waitForFunction((before) => location.hash !== before, before);
  const [from, to] = [Number(await said('from')), Number(await said('to'))];
  // A finger is put down less exactly than a mouse: to a pixel or two of 390.
  assert.ok(Math.abs(from - FROM - 3_600_000) < 180_000 && Math.abs(to - FROM - 7_200_000) < 180_000, await hash());
});

test('an address brings back all that was looked at; so do back and forward', async () => {
  const asked = `#metric=cpu_util&value=current&by=agent&${RANGE}&step=300&statistic=p95&over=both%3Akernel&anomalies=&plan=&sort=-max`;
  await open(asked);
  await answered();
  await rows().nth(1).getByRole('checkbox').uncheck();
  const look = async () => [await page.locator('#result h2').textContent(), await page.locator('#reading').textContent(), await page.locator('#promql').textContent(), await rows().allTextContents(), await rows().locator('input').evaluateAll((all) => all.map(({ checked }) => checked)), await page.locator('#anomalies').getAttribute('aria-pressed')];
  await page.locator('#plan dd').first().waitFor();
  const before = await look();
  assert.match(before[2], /agent_id,kernel_id/);
  assert.ok(before[4].includes(false) && before[3].length > 1);
  await page.reload();
  await answered();
  assert.deepEqual(await look(), before);
  assert.equal(await page.getByLabel('Statistic').inputValue(), 'p95');
  assert.equal(await page.locator('[name=over]').inputValue(), 'both:kernel');
  const here = await hash();
  await page.getByRole('radio', { name: 'net_rx' }).locator('..').click();
  await page.locator('#result h2', { hasText: 'net_rx' }).waitFor();
  await answered();
  await page.goBack();
  await page.locator('#result h2', { hasText: 'cpu_util' }).waitFor();
  await answered();
  assert.equal(await hash(), here);
  assert.deepEqual(await look(), before);
  await page.goForward();
  await page.locator('#result h2', { hasText: 'net_rx' }).waitFor();
  await answered();
});

test('a Prometheus that is down is told in the server\'s words, and tried again', async () => {
  const own = await startService(`127.0.0.1:${await freePort()}`);
  try {
    await open('', { origin: own.origin });
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.textContent(), /no connection to Prometheus: nothing listens there/);
    assert.match(await alert.textContent(), /request \S+/);
    await shot('prometheus-down');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await alert.waitFor();
  } finally {
    await own.stop();
  }
  await page.getByRole('alert').getByRole('button').click();
  await page.getByRole('alert').getByText('No answer from this server').waitFor();
});

test('a query that is refused is told in the server\'s words, and the next one is shown', async () => {
  await open(`#metric=mem&value=current&from=0&to=${TO}`);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.textContent(), /range/);
  await shot('refused');
  await page.getByText('6 h').click();
  await answered();
  assert.equal(await alert.isVisible(), false);
});

test('a filter that nothing fits shows that there is nothing, and no error', async () => {
  await open(`#metric=mem&value=current&session=${encodeURIComponent('a "session" that \\ never was')}&${RANGE}`);
  await page.getByText('There are no samples for this query in this range.').waitFor();
  assert.equal(await page.getByRole('alert').isVisible(), false);
  await shot('nothing');
});

test("a token opens the page to a reader, who sees what its scope holds and nothing else", async () => {
  const [user] = await valuesOf('owner_user_id');
  const own = await valuesOf('kernel_id', `,owner_user_id="${user}"`);
  assert.ok(own.length < (await valuesOf('kernel_id')).length);
  const folder = mkdtempSync(join(tmpdir(), 'metric-page-'));
  const digest = createHash('sha256').update('the-reader\'s-token').digest('hex');
  writeFileSync(join(folder, 'access.toml'), `[[token]]\nname = "reader"\nsha256 = "${digest}"\nrole = "reader"\nscope = ["owner_user_id=${user}"]\n`);
  const guarded = await startService(prometheus.address, ['--access', join(folder, 'access.toml')]);
  try {
    await open(`#metric=mem&value=current&by=kernel&${RANGE}`, { origin: guarded.origin });
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await shot('token');
    await dialog.getByLabel('Token').fill('another');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor();
    await dialog.getByLabel('Token').fill('the-reader\'s-token');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await answered();
    const shown = await rows().locator('th').evaluateAll((all) => all.map(({ title }) => title));
    assert.deepEqual(shown.toSorted(), own);
    await page.getByRole('combobox', { name: 'kernel' }).click();
    await options().first().waitFor();
    assert.deepEqual(await options().allTextContents(), own);
    await page.keyboard.press('Escape');
    await shot('reader');
    assert.equal(await page.evaluate(() => document.cookie + localStorage.length), '0');
    // As long as the tab is open.
    await page.reload();
    await answered();
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await dialog.waitFor();
    assert.equal(await rows().count(), 0);
  } finally {
    await guarded.stop();
    rmSync(folder, { recursive: true });
  }
});

test('sixty series are told apart: the one in focus, those that are hidden, the one that is left alone', async () => {
  await open(`#metric=mem&by=kernel&${RANGE}`);
  await answered();
  assert.equal(await rows().count(), 3 * (await valuesOf('kernel_id')).length);
  assert.ok(await page.locator('.scroll').first().evaluate((region) => region.scrollHeight > region.clientHeight && region.clientHeight < 500));
  await rows().nth(4).hover();
  assert.equal(await rows().nth(4).evaluate((row) => row.classList.contains('focus')), true);
  await shot('sixty-series');
  await rows().nth(0).getByRole('checkbox').uncheck();
  assert.equal((await said('hide')).length, 1);
  await rows().nth(1).getByRole('button').click();
  assert.equal(await rows().locator('input:checked').count(), 1);
  await page.reload();
  await answered();
  assert.equal(await rows().locator('input:checked').count(), 1);
  assert.ok(await rows().nth(1).getByRole('checkbox').isChecked());
  await shot('one-of-sixty');
  await page.getByRole('checkbox', { name: 'Draw all' }).check();
  assert.deepEqual(await said('hide'), []);
  await page.getByRole('button', { name: 'max', exact: true }).click();
  const most = await rows().locator('td:nth-last-child(4)').allTextContents();
  assert.match(most[0], /^32 GiB$/);
  assert.deepEqual(await said('sort'), ['-max']);
});

test('the top shows the groups that matter in their order, and the others as one', async () => {
  await open(`#metric=mem&value=current&by=kernel&${RANGE}`);
  await answered();
  await page.getByRole('button', { name: 'Top 10' }).click();
  await page.waitForFunction(() => document.querySelectorAll('#series tbody tr').length === 11);
  await answered();
  assert.deepEqual(await rows().locator('td.number:nth-of-type(3)').allTextContents(), [...Array.from({ length: 10 }, (_, at) => String(at + 1)), '–']);
  const means = (await rows().locator('td.number:nth-of-type(6)').allTextContents()).slice(0, 5).map((text) => Number.parseFloat(text));
  assert.deepEqual(means, means.toSorted((a, b) => b - a));
  assert.match(await rows().last().textContent(), /^10 others/);
  await shot('top');
});

test('anomalies are marked in the chart, with the band, and listed', async () => {
  await open(`#metric=mem&value=current&by=agent&${RANGE}&anomalies=`);
  await answered();
  const body = { query: { metric_name: 'mem', start: START, end: END, labels: { value_type: 'current' }, group_by: ['agent_id'] }, options: { partial: true } };
  const { result } = await (await fetch(`${service.origin}/v1/anomalies`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
  const expected = result.watched.flatMap(({ anomalies }) => anomalies);
  assert.ok(expected.length > 0);
  const listed = page.getByRole('region', { name: 'List of anomalies' }).locator('tbody tr');
  assert.equal(await listed.count(), expected.length);
  assert.match(await listed.first().textContent(), /(▲ above|▼ below)/);
  await rows().last().hover();
  await shot('anomalies');
  await page.getByRole('button', { name: 'Anomalies' }).click();
  await answered();
  assert.equal(await listed.first().isVisible(), false);
});

test('the file has what the API answers', async () => {
  await open(`#metric=mem&value=current&by=agent&${RANGE}`);
  await answered();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
  assert.equal(download.suggestedFilename(), 'mem.csv');
  const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
  assert.equal(lines[0], '"timestamp","agent_id","value_type","value"');
  assert.match(lines[1], /^2026-01-05T00:00:00Z,"i-[0-9a-f]+","current",\d+$/);
  assert.equal(lines.length, 2 + 4 * 241);
});

test('by the keyboard alone a metric is chosen, grouped, and read point by point', async () => {
  await open();
  await page.getByText('Main memory in use.').waitFor();
  const focused = () => page.evaluate(() => {
    const { activeElement: it } = document;
    // What is drawn in the place of a hidden field.
    const seen = getComputedStyle(it).opacity === '0' ? [it.closest('label'), it.nextElementSibling] : [it];
    const styles = seen.map((one) => getComputedStyle(one));
    return { name: it.getAttribute('aria-label') ?? it.closest('label')?.textContent ?? it.textContent, id: it.id, value: it.value, tag: it.className, isMarked: styles.some(({ outlineStyle }) => outlineStyle !== 'none') };
  });
  async function tabTo(isIt, most = 60) {
    for (let at = 0; at < most; at += 1) {
      await page.keyboard.press('Tab');
      const now = await focused();
      assert.ok(now.isMarked, `${JSON.stringify(now)} is not seen to have the focus`);
      if (isIt(now)) return;
    }
    assert.fail('it is not reached');
  }
  await tabTo(({ value }) => value === 'cpu_util');
  await page.keyboard.press('ArrowDown');
  await page.locator('#result h2', { hasText: 'mem' }).waitFor();
  await tabTo(({ value }) => value === '1h');
  await page.keyboard.press('ArrowRight');
  await tabTo(({ value }) => value === 'agent');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelectorAll('#series tbody tr').length > 1);
  await answered();
  await tabTo(({ id }) => id === 'filter-agent');
  await page.keyboard.press('ArrowDown');
  await options().first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('#series tbody tr').length === 1);
  await answered();
  await page.keyboard.press('Escape');
  const here = await hash();
  await page.getByRole('button', { name: 'To the chart' }).focus();
  assert.ok((await focused()).isMarked);
  await page.keyboard.press('Enter');
  assert.equal(await hash(), here);
  await tabTo(({ tag }) => tag.includes('uplot'), 8);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.match(await page.locator('.tip').textContent(), /^2026-01-05 03:58:00.*\d [GM]iB$/);
  await shot('keyboard');
  await tabTo(({ name }) => name?.startsWith('Draw i-') || name?.startsWith('Draw agent') || name?.startsWith('Draw current') || name?.startsWith('Draw all'));
  await page.keyboard.press('Space');
  assert.ok((await said('hide')).length > 0);
});

test('every field and button has a name', async () => {
  await open(`#metric=mem&value=current&by=agent&${RANGE}&anomalies=&plan=`);
  await answered();
  const nameless = await page.locator('input, select, button, [role=listbox], [role=region], summary').evaluateAll((all) => all
    .filter((one) => !(one.getAttribute('aria-label') || one.labels?.[0]?.textContent.trim() || one.textContent.trim()))
    .map((one) => one.outerHTML));
  assert.deepEqual(nameless, []);
});

test('on a narrow screen nothing is wider than the screen', async () => {
  await open('', { viewport: { width: 390, height: 844 } });
  await page.getByRole('radio', { name: 'mem' }).locator('..').click();
  await page.locator('#by').getByText('kernel').click();
  await answered();
  assert.equal(await page.getByText('Main memory in use.').first().isVisible(), false, 'the list of metrics is folded away');
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(await width(), 390);
  await shot('narrow');
  await page.getByText('Statistic and filters').click();
  await page.getByRole('combobox', { name: 'session' }).click();
  await options().first().waitFor();
  assert.equal(await width(), 390);
  await shot('narrow-filters');
});

test('a dark system has a dark page, whose lines stand out', async () => {
  await open(`#metric=cpu_util&value=current&by=agent&${RANGE}&statistic=max&anomalies=`, { colorScheme: 'dark' });
  await answered();
  const [ground, text] = await page.evaluate(() => [document.body, document.querySelector('h2')].map((one) => getComputedStyle(one)).map(({ backgroundColor, color }) => [backgroundColor, color]));
  assert.deepEqual([ground[0], text[1]], ['rgb(21, 24, 29)', 'rgb(230, 233, 238)']);
  await rows().first().hover();
  await shot('dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === 'rgb(245, 246, 248)');
});

/** Points a minute, of one series. */
const minutes = (from, to, value) => Array.from({ length: Math.floor((to - from) / 60) + 1 }, (_, at) => [from + 60 * at, String(value + (at % 7))]);

/** Runs a test against a Prometheus of its own. */
async function against(answer, work) {
  const fake = await fakePrometheus(answer);
  const own = await startService(fake.address);
  try {
    await work(own.origin);
  } finally {
    await own.stop();
    fake.stop();
  }
}

const list = (...values) => ({ body: { status: 'success', data: values } });

test('a partial answer is marked on the chart itself, and so is the part that is missing', async () => {
  let asked = 0;
  const answer = (path, form) => {
    if (!path.endsWith('/query_range')) return list('mem');
    const [start, end] = ['start', 'end'].map((name) => Number(form.get(name)));
    asked += 1;
    if (start <= FROM / 1000 - 86_400 && end >= FROM / 1000 - 86_400) return { status: 422, body: { status: 'error', errorType: 'execution', error: 'the store of that day is down' } };
    return { body: { status: 'success', warnings: ['a replica did not answer'], data: { resultType: 'matrix', result: [{ metric: { value_type: 'current' }, values: minutes(start, end, 2 ** 30).filter((_, at) => at % 30 === 0) }] } } };
  };
  await against(answer, async (origin) => {
    await open('#metric=mem&value=current&range=7d', { origin });
    await answered();
    const remarks = page.locator('figure #remarks');
    assert.match(await remarks.textContent(), /Partial: data may be missing from this chart/);
    assert.match(await remarks.textContent(), /a replica did not answer/);
    assert.match(await remarks.textContent(), /is missing: .*the store of that day is down/);
    assert.ok(asked > 1);
    await shot('partial');
  });
});

const HOSTILE = ['<img src=x onerror=alert(1)>', '"><script>alert(2)</script>', '\u202etxt.exe\u0000\u200b', '=HYPERLINK("http://evil.example/")', 'a'.repeat(3000), '__proto__', 'line\nbreak'];

test("labels are text, whatever they hold", async () => {
  const answer = (path, form) => {
    if (path.includes('container_metric_name')) return list('mem', '<b>metric</b>', 'constructor');
    if (path.endsWith('/values')) return list(...HOSTILE);
    const [start, end] = ['start', 'end'].map((name) => Number(form.get(name)));
    return { body: { status: 'success', infos: ['<i>an info</i> \u202e'], data: { resultType: 'matrix', result: HOSTILE.map((kernel_id, at) => ({ metric: { kernel_id, value_type: 'current' }, values: minutes(start, end, (at + 1) * 2 ** 30) })) } } };
  };
  await against(answer, async (origin) => {
    await open(`#metric=mem&value=current&by=kernel&kernel=${encodeURIComponent(HOSTILE[0])}&step=60&${RANGE}&anomalies=&hide=%3Cimg%20src%3Dx%3E`, { origin });
    await answered();
    assert.equal(await rows().count(), HOSTILE.length);
    const text = await page.locator('#series').innerText();
    assert.ok(text.includes(HOSTILE[0]) && text.includes('\\u{202e}txt.exe\\u{0}\\u{200b}') && text.includes('line\\u{a}break'), text);
    assert.equal(await page.locator('#page img, #page script, #page b b, #page i i').count(), 0);
    await page.getByRole('combobox', { name: 'kernel' }).click();
    await options().first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 1280);
    await shot('hostile');
    await page.keyboard.press('Escape');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
    assert.match(readFileSync(await download.path(), 'utf8'), /"'=HYPERLINK\(""http/);
  });
});

test("the policy of the page forbids everything but itself", async () => {
  const response = await fetch(`${service.origin}/`);
  const policy = response.headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /style-src 'self'(;|$)/);
  assert.doesNotMatch(policy, /unsafe|\*|blob:/);
});
