// Turns a component into an ES module with its types and core modules. Takes jco from its caller, as bundle.js takes
// esbuild; knows where the components are (METRIC_PLUGIN and METRIC_CODEC, else this repository's build).

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../../../target/wasm32-unknown-unknown/plugin', import.meta.url));
const GIVEN = { metric_service: process.env.METRIC_PLUGIN, metric_codec: process.env.METRIC_CODEC };

/** Writes `name`'s module, types and core modules into a folder; another `component` may stand in for it. */
export async function transpileInto(folder, name, transpile, component = GIVEN[name] || join(built, `${name}.wasm`)) {
  if (!existsSync(component)) {
    console.error(`${component} is missing: \`cargo xtask build\` makes it; METRIC_PLUGIN and METRIC_CODEC name others`);
    process.exit(1);
  }
  const { files } = await transpile(readFileSync(component), { name, instantiation: 'async', nodejsCompat: false });
  for (const [path, bytes] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, /\.(js|ts)$/.test(path) ? mended(path, new TextDecoder().decode(bytes)) : bytes);
  }
}

/** Takes out of jco's output what the package cannot have. */
function mended(path, text) {
  // Older libraries of TypeScript do not know `Disposable`.
  if (path.endsWith('.d.ts')) return text.replace(' implements Disposable', '').replace(/^ *\[Symbol\.dispose\]\(\): void;\n/m, '');
  // Core modules are always given. The default has bundlers look for files.
  return text.replace(/^ *if \(!getCoreModule\) .*$/m, '');
}
