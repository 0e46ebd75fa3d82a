// Makes the page: transpiles the codec, bundles the scripts, and puts all of it into dist/, which any static
// web server can serve. METRIC_CODEC names the component, else this repository's build is taken.

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transpile } from '@bytecodealliance/jco';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'generated');
const dist = join(root, 'dist');
const component = process.env.METRIC_CODEC || join(root, '../../../target/wasm32-unknown-unknown/plugin/metric_codec.wasm');

if (!existsSync(component)) {
  console.error(`${component} is missing: \`cargo xtask build\` makes it; METRIC_CODEC names another`);
  process.exit(1);
}
for (const folder of [generated, dist]) rmSync(folder, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const { files } = await transpile(readFileSync(component), { name: 'metric_codec', nodejsCompat: false });
for (const [path, bytes] of Object.entries(files)) {
  const file = join(generated, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

await build({
  absWorkingDir: root,
  entryPoints: ['src/page.js', 'src/page.css'],
  outdir: 'dist',
  bundle: true,
  minify: true,
  sourcemap: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});
copyFileSync(join(root, 'src/index.html'), join(dist, 'index.html'));
// The transpiled module looks for it beside the script that it ends up in.
copyFileSync(join(generated, 'metric_codec.core.wasm'), join(dist, 'metric_codec.core.wasm'));
