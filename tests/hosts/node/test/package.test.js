// A stranger's first ten minutes: the packed package in an empty folder, the code of its README against a real
// Prometheus, and what each bundler makes of a program, run where nothing else is.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as esbuild from 'esbuild';
import { build as vite } from 'vite';
import webpack from 'webpack';

import { startPrometheus } from './prometheus.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'metric-service-node-'));
const project = join(folder, 'project');

let prometheus;
let packed;
before(async () => {
  prometheus = await startPrometheus();
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  [packed] = JSON.parse(stdout);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "stranger", "private": true }');
  // Nothing else is fetched, and no script is run.
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, packed.filename)], { cwd: project });
});
after(async () => {
  await prometheus?.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a file where it stands; gives what it printed. A program that does not end by itself fails. */
const node = async (file, options = []) => (await run(process.execPath, [...options, file], { cwd: dirname(file), timeout: 20_000 })).stdout;

function write(name, text) {
  const file = join(project, name);
  writeFileSync(file, text.replaceAll('localhost:9090', prometheus.address));
  return file;
}

/** A program of each kind, which prints what it was told. */
const SERVICE = `
import { MetricService } from 'metric-service-node';
async function main() {
  const { series } = await new MetricService({ address: 'localhost:9090' }).queryMetric({ metricName: 'mem', start: '2026-01-05', end: '2026-01-05T04:00:00Z' });
  console.log('series:', series.length);
}
main();`;
const CLIENT = SERVICE.replaceAll('MetricService', 'MetricClient');

describe('the package', () => {
  test('holds what it needs, and neither sources nor dependencies', () => {
    const files = packed.files.map(({ path }) => path);
    for (const needed of ['README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts', 'dist/browser.js', 'generated/interfaces/backendai-metric-types.d.ts']) {
      assert.ok(files.includes(needed), needed);
    }
    assert.deepEqual(files.filter((path) => !/^(README\.md|package\.json|dist\/.+|generated\/.+\.d\.ts)$/.test(path)), []);
    assert.deepEqual(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.')), ['metric-service-node']);
    assert.ok(packed.size < 2.5e6, `${packed.size} bytes`);
  });

  test('runs the README from first to last', async () => {
    const [first, ...further] = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
    assert.ok(further.length >= 4);
    const printed = await node(write('first.mjs', first));
    assert.match(printed, /kernel_id: '.*\} \d+ bytes/s);
    const rest = await node(write('further.mjs', [first, ...further].join('\n')));
    for (const expected of [/^\d+$/m, /^step$/m, /a step of 0/, /cpu_util/, /the documented step/, /^20 groups; totals in byte-seconds$/m, /(above|below) by \d/, /^no samples of \[ 'gone' \]$/m, /^gone no-data undefined$/m]) assert.match(rest, expected);
  });

  test('has types that hold under strict, also with old libraries and as bundlers resolve', async () => {
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    write('types.mts', `import { MetricService, MetricClient, type MetricQuery } from 'metric-service-node';
      const query: MetricQuery = { metricName: 'mem', start: 0, end: new Date(), labels: undefined, groupBy: undefined, step: undefined };
      export async function last(): Promise<number | undefined> {
        for await (const piece of new MetricService({ address: 'x', labelSchema: undefined }).stream(query)) return piece.series[0]?.values[0];
        return (await new MetricClient({ address: 'x' }).queryMetric(query)).series[0]?.values[0];
      }`);
    for (const resolution of [['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
      const [module, moduleResolution] = resolution;
      await run(process.execPath, [tsc, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2020', '--lib', 'es2020,dom', '--types', '', '--module', module, '--moduleResolution', moduleResolution, 'types.mts'], { cwd: project })
        .catch(({ stdout }) => assert.fail(`${resolution}: ${stdout}`));
    }
  });

  test('works from CommonJS by import(), and says so to require()', async () => {
    const required = write('required.cjs', `console.log(typeof require('metric-service-node').MetricService);`);
    if (process.features.require_module) assert.equal(await node(required), 'function\n');
    const without = process.allowedNodeEnvironmentFlags.has('--experimental-require-module') ? ['--no-experimental-require-module'] : [];
    await assert.rejects(node(required, without), ({ stderr }) => stderr.includes("await import('metric-service-node')"));
    const imported = write('imported.cjs', `import('metric-service-node').then(({ MetricService }) => console.log(typeof MetricService));`);
    assert.equal(await node(imported), 'function\n');
  });

  test('tells a fault in a few lines, and not in the megabytes of a bundle', async () => {
    const file = write('uncaught.mjs', `import { MetricService } from 'metric-service-node'; await new MetricService({ address: 'x' }).buildPromql({ metricName: 5 });`);
    await assert.rejects(node(file), ({ stderr }) => stderr.includes('metric-name: 5 is not a string') && stderr.length < 4_000);
  });
});

describe('a bundle', () => {
  /** Moves the bundle to where nothing else is, and runs it. */
  async function alone(from, name) {
    const place = mkdtempSync(join(folder, 'alone-'));
    for (const file of readdirSync(from)) copyFileSync(join(from, file), join(place, file));
    assert.match(await node(join(place, name)), /^series: [1-9]/m);
  }

  for (const [format, extension] of [['esm', 'mjs'], ['cjs', 'cjs']]) {
    test(`of esbuild for Node, ${format}`, async () => {
      const outdir = join(folder, `esbuild-${format}`);
      await esbuild.build({ entryPoints: [write('service.mjs', SERVICE)], outdir, bundle: true, platform: 'node', format, outExtension: { '.js': `.${extension}` }, logLevel: 'error' });
      await alone(outdir, `service.${extension}`);
    });
  }

  test('of esbuild for browsers', async () => {
    const outdir = join(folder, 'esbuild-browser');
    await esbuild.build({ entryPoints: [write('client.mjs', CLIENT)], outdir, bundle: true, format: 'esm', outExtension: { '.js': '.mjs' }, minify: true, logLevel: 'error' });
    await alone(outdir, 'client.mjs');
  });

  test('of vite for browsers', async () => {
    const outDir = join(folder, 'vite');
    await vite({ root: project, configFile: false, logLevel: 'error', build: { outDir, lib: { entry: write('client.mjs', CLIENT), formats: ['es'], fileName: () => 'client.mjs' } } });
    await alone(outDir, 'client.mjs');
  });

  for (const [target, program] of [['node20', SERVICE], ['web', CLIENT]]) {
    test(`of webpack for ${target}`, async () => {
      const path = join(folder, `webpack-${target}`);
      const entry = write(`${target}.mjs`, program);
      const stats = await promisify(webpack)({ mode: 'production', context: project, target, entry, output: { path, filename: 'main.cjs' }, performance: false });
      assert.deepEqual(stats.toJson({ all: false, errors: true, warnings: true }).errors, []);
      await alone(path, 'main.cjs');
    });
  }
});
