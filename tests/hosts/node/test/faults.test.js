// Faults between a program and a server, tried on both classes: the program goes on, and learns which it was.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { MetricClient, MetricError, MetricService } from '../dist/index.js';
import { startServer } from './faults/server.js';

const QUERY = { metricName: 'mem', start: '2026-01-05', end: '2026-01-05T01:00:00Z', step: 60 };
const MIB = 2 ** 20;
const CLASSES = [MetricClient, MetricService];

setFlagsFromString('--expose-gc');
/** Collects garbage. */
const collect = runInNewContext('gc');

let server;
beforeEach(async () => {
  server = await startServer();

});
afterEach(() => server.end());

const ask = (Class, kind, { timeout = 5000, query = QUERY, ...options } = {}, call = {}) => new Class({ address: server.at(kind), timeout }, options).queryMetric(query, call);
const rejects = (promise, kind, message = /./) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof MetricError, String(error.stack));
  assert.equal(error.kind, kind, error.message);
  assert.match(error.message, message);
  return true;
});

/** The number of requests that nobody closed, some time later. */
async function abandoned() {
  for (let tries = 0; tries < 40 && (await server.waitedFor()) > 0; tries += 1) await sleep(50);
  return server.waitedFor();
}

/** The longest that the event loop stood still while a call ran, in milliseconds. */
async function standstill(call) {
  let longest = 0;
  let last = performance.now();
  const tick = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const ticker = setInterval(tick, 5);
  try {
    const answer = await call;
    // Also where nothing ran between the decoding and here.
    tick();
    return [answer, longest];
  } finally {
    clearInterval(ticker);
  }
}

for (const Class of CLASSES) {
  describe(Class.name, () => {
    test('refuses a body that would fill the memory, at 256 MiB unless told otherwise', async () => {
      const limit = /response-bytes.*268435456/;
      await rejects(ask(Class, 'announced2100'), 'limit-exceeded', limit);
      const before = process.memoryUsage.rss();
      await rejects(ask(Class, 'spaces2100', { timeout: 60_000 }), 'limit-exceeded', limit);
      const grown = (process.memoryUsage.rss() - before) / MIB;
      assert.ok(grown < 700, `${grown} MiB`);
      await rejects(ask(Class, 'spaces9', { maxResponseBytes: 8 * MIB }), 'limit-exceeded', /response-bytes.*8388608/);
      assert.equal((await ask(Class, 'spaces7', { maxResponseBytes: 8 * MIB })).series.length, 1);
      assert.equal(await abandoned(), 0);
    });

    test('decodes a large answer beside the event loop', async () => {
      const [{ series }, longest] = await standstill(ask(Class, 'big64', { timeout: 60_000, query: { ...QUERY, end: '2026-01-11T22:39:00Z' } }));
      assert.ok(series.length > 100 && series.every(({ values }) => values.length === 10_000));
      // Over 3 s where it is decoded between the timers, on the same machine.
      assert.ok(longest < 1000, `${longest} ms`);
    });

    test('closes the requests of calls that were given up', async () => {
      for (const kind of ['stall', 'stallbody']) {
        for (let calls = 0; calls < 5; calls += 1) await rejects(ask(Class, kind, { timeout: 100 }), 'timed-out', /100 ms/);
        await Promise.all(Array.from({ length: 10 }, () => rejects(ask(Class, kind, {}, { timeout: 100 }), 'timed-out', /100 ms/)));
      }
      assert.equal(await abandoned(), 0);
    });

    test('ends a call at once when its signal is aborted, with the signal\'s reason', async () => {
      const reason = new Error('the user closed the page');
      for (const kind of ['stall', 'stallbody']) {
        const giveUp = new AbortController();
        const call = ask(Class, kind, {}, { signal: giveUp.signal });
        await sleep(50);
        const started = performance.now();
        giveUp.abort(reason);
        await assert.rejects(call, (error) => error === reason);
        assert.ok(performance.now() - started < 500);
      }
      assert.equal(await abandoned(), 0);
      await assert.rejects(ask(Class, 'ok', {}, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
      await assert.rejects(ask(Class, 'stall', {}, { signal: AbortSignal.timeout(50) }), (error) => error.name === 'TimeoutError');
    });

    test('leaves nothing behind at a signal that outlives its calls', async () => {
      const { signal } = new AbortController();
      for (let calls = 0; calls < 20; calls += 1) await ask(Class, 'ok', {}, { signal });
      assert.equal(getEventListeners(signal, 'abort').length, 0);
      const dependants = Object.getOwnPropertySymbols(signal).map((symbol) => signal[symbol]?.size ?? 0);
      assert.ok(Math.max(0, ...dependants) < 20, `${dependants}`);
    });

    test('asks a server at an IPv6 address', async () => {
      const six = await startServer('::1');
      try {
        for (const address of [six.at('ok'), `${six.authority}/ok`]) {
          assert.equal((await new Class({ address: address.startsWith('http') ? address : `http://${address}`, timeout: 3000 }).queryMetric(QUERY)).series.length, 1);
        }
      } finally {
        await six.end();
      }
    });

    test('sends once more where a kept connection was closed in the meantime', async () => {
      const one = new Class({ address: server.at('keepclose') });
      for (let calls = 0; calls < 5; calls += 1) {
        assert.equal((await one.queryMetric(QUERY)).series.length, 1);
        // From before the server closes to after it.
        await sleep(10 * calls + 15);
      }
      await rejects(ask(Class, 'close'), 'connection-failed');
    });

    test('tells apart what does not speak HTTP, what breaks off, and what answers too much', async () => {
      await rejects(ask(Class, 'half'), 'malformed-response');
      await rejects(ask(Class, 'header70000'), 'malformed-response');
      await rejects(ask(Class, 'ssh'), 'malformed-response');
      const started = performance.now();
      await rejects(ask(Class, 'upgrade'), 'malformed-response');
      assert.ok(performance.now() - started < 4000, 'before the deadline');
      // `fetch` does not give this answer out.
      await rejects(ask(Class, 'proxy'), 'connection-failed', /407/);
    });

    test('makes many calls at once', async () => {
      const started = performance.now();
      const answers = await Promise.all(Array.from({ length: 24 }, () => ask(Class, 'delay200')));
      assert.ok(answers.every(({ series }) => series.length === 1));
      assert.ok(performance.now() - started < 4000);
    });
  });
}

test('two copies of the package in a process do not change each other', async () => {
  const again = await import('../dist/index.js?again');
  for (const kind of ['half', 'header70000']) {
    for (const Class of [MetricService, again.MetricService]) {
      await assert.rejects(ask(Class, kind), ({ reason }) => reason.tag === 'malformed-response');
    }
  }
});

test('a plugin\'s time that has run out while the call waited for a thread is told as such', async () => {
  const slow = Array.from({ length: 8 }, () => ask(MetricService, 'delay1000'));
  await sleep(300);
  await rejects(ask(MetricService, 'ok', { timeout: 100 }), 'timed-out', /100 ms/);
  assert.equal((await Promise.all(slow)).length, 8);
  assert.equal((await ask(MetricService, 'ok')).series.length, 1);
});

for (const Class of CLASSES) {
  test(`${Class.name} holds no more memory after 3,000 calls than after 1,000`, async () => {
    const one = new Class({ address: server.at('ok') });
    const all = new Class({ address: server.at('half'), timeout: 3000 });
    const held = async (calls) => {
      for (let made = 0; made < calls; made += 20) {
        await Promise.all(Array.from({ length: 20 }, () => one.queryMetric(QUERY)));
        if (made % 500 === 0) await rejects(all.queryMetric(QUERY), 'malformed-response');
      }
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return (heapUsed + external) / MIB;
    };
    const before = await held(1000);
    const grown = (await held(2000)) - before;
    assert.ok(grown < 4, `${grown} MiB`);
  });
}
