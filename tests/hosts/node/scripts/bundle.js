// Puts the package together: the components' core modules and the workers' sources go into the modules that use them,
// so that no bundler has to find a file. Takes esbuild from its caller, since the browser's page is built this way too.

import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src', import.meta.url));

/** For every bundle. `generated` is where scripts/transpile.js wrote to. */
export function options(esbuild, generated) {
  return { bundle: true, format: 'esm', target: 'es2022', legalComments: 'none', logLevel: 'warning', loader: { '.wasm': 'binary' }, plugins: [components(generated), workers(esbuild, generated)] };
}

/** `../generated/…` of the sources, wherever it is. */
const components = (generated) => ({
  name: 'components',
  setup(build) {
    build.onResolve({ filter: /\/generated\/metric_/ }, ({ path }) => ({ path: join(generated, basename(path)) }));
  },
});

/** `worker:name`: the source of src/thread/name.ts with all that it needs, as a text. */
const workers = (esbuild, generated) => ({
  name: 'workers',
  setup(build) {
    build.onResolve({ filter: /^worker:/ }, ({ path }) => ({ path: path.slice('worker:'.length), namespace: 'worker' }));
    build.onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path }) => {
      const { outputFiles } = await esbuild.build({
        ...options(esbuild, generated),
        entryPoints: [join(source, 'thread', `${path}.ts`)],
        write: false,
        minify: true,
        // Node evaluates a worker's text as CommonJS; a browser's is a script.
        ...(path === 'plugin-worker' ? { platform: 'node', format: 'cjs' } : { format: 'iife' }),
      });
      return { contents: outputFiles[0].text, loader: 'text' };
    });
  },
});
