// Makes the component: the sources beside this file, and a JavaScript engine, for the world `metric-codec`.

import { mkdir, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const output = process.env.METRIC_CODEC_JS ?? here('../../../target/implementations/metric_codec_js.wasm');

const { component } = await componentize({
  sourcePath: here('src/codec.js'),
  witPath: here('../../../wit'),
  worldName: 'metric-codec',
  // Everything that would be an import: this world has none.
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await mkdir(new URL('.', `file://${output}`), { recursive: true });
await writeFile(output, component);
console.log(`${relative(process.cwd(), output)}: ${(component.length / 1e6).toFixed(1)} MB`);
