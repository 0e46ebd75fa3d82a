// Makes the page: transpiles the codec, bundles it with the package's sources and the page's scripts, and puts all of
// it into dist/, which any static web server can serve. METRIC_CODEC names the component, else this repository's build
// is taken.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transpile } from '@bytecodealliance/jco';
import * as esbuild from 'esbuild';

import { options } from '../../node/scripts/bundle.js';
import { transpileInto } from '../../node/scripts/transpile.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'generated');
const dist = join(root, 'dist');

for (const folder of [generated, dist]) rmSync(folder, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await transpileInto(generated, 'metric_codec', transpile);
await esbuild.build({
  ...options(esbuild, generated),
  absWorkingDir: root,
  entryPoints: ['src/page.js', 'src/page.css'],
  outdir: 'dist',
  minify: true,
  sourcemap: true,
});
copyFileSync(join(root, 'src/index.html'), join(dist, 'index.html'));
