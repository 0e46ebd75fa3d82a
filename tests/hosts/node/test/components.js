// Both components as jco transpiled them, without the package around them: for the doors that need no requests.

import { readFileSync } from 'node:fs';

import * as codecModule from '../generated/metric_codec.js';
import * as serviceModule from '../generated/metric_service.js';

/** Imports that are never called: these components send nothing. */
const nothing = new Proxy({}, { get: () => new Proxy({}, { get: () => class {} }) });

function instantiated({ instantiate }) {
  const compiled = (path) => new WebAssembly.Module(readFileSync(new URL(`../generated/${path}`, import.meta.url)));
  return instantiate(compiled, nothing, (module, imports) => new WebAssembly.Instance(module, imports));
}

/** `metric_codec.wasm`. */
export const codec = instantiated(codecModule);

/** `metric_service.wasm`, whose requests go nowhere. */
export const service = instantiated(serviceModule);
