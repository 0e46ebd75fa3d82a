// Turns the two components into ES modules under generated/, with their types. Knows where the files come
// from (METRIC_PLUGIN and METRIC_CODEC, else this repository's build), and nothing of what is in them.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transpile } from '@bytecodealliance/jco';

const here = dirname(fileURLToPath(import.meta.url));
const generated = join(here, '../generated');
const built = join(here, '../../../../target/wasm32-unknown-unknown/plugin');

rmSync(generated, { recursive: true, force: true });
for (const [name, given] of [
  ['metric_service', process.env.METRIC_PLUGIN],
  ['metric_codec', process.env.METRIC_CODEC],
]) {
  const component = given || join(built, `${name}.wasm`);
  if (!existsSync(component)) {
    console.error(`${component} is missing: \`cargo xtask build\` makes it; METRIC_PLUGIN and METRIC_CODEC name others`);
    process.exit(1);
  }
  // `wasi:http` by way of src/wasi-http.ts; everything else straight from preview2-shim.
  const { files } = await transpile(readFileSync(component), { name, map: { 'wasi:http/*': '../dist/wasi-http.js#*' } });
  for (const [path, bytes] of Object.entries(files)) {
    const file = join(generated, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
