// The types are part of the package: the example has to compile against them, the mistakes must not.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

function compile(...options) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '--noEmit', '--project', 'examples', ...options], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

test('the example compiles, and each mistake is refused', () => compile());

test('the example compiles as a bundler sees the package', () => compile('--module', 'esnext', '--moduleResolution', 'bundler'));
