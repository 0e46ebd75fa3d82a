// `metric_codec.wasm`, which imports nothing, compiled once.

import { instantiate, type ImportObject, type Root } from '../generated/metric_codec.js';
import core from '../generated/metric_codec.core.wasm';
import { compileAll, Component, type Instantiate } from './component.js';

let compiled: Promise<Component<ImportObject, Root>> | undefined;

/** The codec of this thread. */
export function codec(): Promise<Component<ImportObject, Root>> {
  compiled ??= compileAll({ 'metric_codec.core.wasm': core }).then((modules) => new Component(instantiate as Instantiate<ImportObject, Root>, modules, {}));
  return compiled;
}
