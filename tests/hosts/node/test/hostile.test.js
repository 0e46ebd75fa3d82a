// A plugin that does not mean well (tests/hostile), in place of the real one: what it costs is its thread.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { transpile } from '@bytecodealliance/jco';
import * as esbuild from 'esbuild';

import { options } from '../scripts/bundle.js';
import { transpileInto } from '../scripts/transpile.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const plugin = process.env.METRIC_HOSTILE ?? fileURLToPath(new URL('../../../../target/hostile/wasm32-unknown-unknown/release/metric_hostile.wasm', import.meta.url));
const QUERY = { metricName: 'mem', start: '2026-01-05', end: '2026-01-06' };

describe('of a plugin that does not mean well', { skip: !existsSync(plugin) && '`cargo xtask hostile` makes it' }, () => {
  let MetricService;
  before(async () => {
    const generated = `${root}generated/hostile`;
    mkdirSync(generated, { recursive: true });
    await transpileInto(generated, 'metric_service', transpile, plugin);
    await transpileInto(generated, 'metric_codec', transpile);
    const outfile = `${generated}/package.mjs`;
    await esbuild.build({ ...options(esbuild, generated), absWorkingDir: root, entryPoints: ['src/index.ts'], platform: 'node', outfile });
    ({ MetricService } = await import(pathToFileURL(outfile)));
  });

  const ordered = (attack, config = {}) => new MetricService({ address: '127.0.0.1:1024', timewindow: attack, ...config });
  const works = async () => assert.equal(await ordered('none').detectMetricType('mem'), 'gauge');

  for (const attack of ['a_crash', 'deep_recursion']) {
    test(`a trap is told as such, and the next call works: ${attack}`, async () => {
      for (let calls = 0; calls < 3; calls += 1) {
        await assert.rejects(ordered(attack).queryMetric(QUERY), ({ name }) => name === 'PluginTrapped');
        await works();
      }
    });
  }

  for (const attack of ['endless_loop', 'busy_clock']) {
    test(`a call that does not come back ends with its signal: ${attack}`, async () => {
      const reason = new Error('enough');
      const giveUp = new AbortController();
      const call = ordered(attack).queryMetric(QUERY, { signal: giveUp.signal });
      setTimeout(() => giveUp.abort(reason), 200);
      await assert.rejects(call, (error) => error === reason);
      await works();
    });
  }

  test('a call that does not come back ends 10 s after its deadline, and as many as there are threads hold nobody up', async () => {
    const calls = Array.from({ length: 9 }, () => assert.rejects(ordered('endless_loop', { timeout: 100 }).queryMetric(QUERY), ({ kind }) => kind === 'timed-out'));
    await Promise.all(calls);
    await works();
  });
});
