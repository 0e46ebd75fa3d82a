// Builds the package: generated/ from the components, dist/ from generated/ and src/. `tsc` adds the types.

import { copyFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { transpile } from '@bytecodealliance/jco';
import * as esbuild from 'esbuild';

import { options } from './bundle.js';
import { transpileInto } from './transpile.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = `${root}generated`;

for (const folder of [generated, `${root}dist`]) rmSync(folder, { recursive: true, force: true });
for (const name of ['metric_service', 'metric_codec']) await transpileInto(generated, name, transpile);

const common = { ...options(esbuild, generated), absWorkingDir: root, outdir: 'dist' };
await esbuild.build({ ...common, entryPoints: ['src/index.ts'], platform: 'node' });
await esbuild.build({ ...common, entryPoints: ['src/browser.ts'], platform: 'browser' });
copyFileSync(`${root}src/commonjs.cjs`, `${root}dist/commonjs.cjs`);
