// A component that is kept from call to call. A trap, or a call that left much memory behind, costs the instance: the
// next call gets a new one.

import { toError, toFailure } from './metric-error.js';

/** The entry of a component transpiled by `jco transpile --instantiation`. */
export type Instantiate<Imports, Exports> = (
  getCoreModule: (path: string) => WebAssembly.Module,
  imports: Imports,
  instantiateCore: (module: WebAssembly.Module, imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>,
) => Exports | Promise<Exports>;

/** An instance that holds more bytes than this after a call is not kept: WebAssembly never gives memory back. */
const MOST_KEPT = 64 * 2 ** 20;

/** One instance, renewed when it has to be. */
export class Component<Imports, Exports> {
  #instance: Promise<{ exports: Exports; memories: WebAssembly.Memory[] }> | undefined;

  constructor(
    readonly instantiate: Instantiate<Imports, Exports>,
    readonly modules: Record<string, WebAssembly.Module>,
    readonly imports: Imports,
  ) {}

  /** Calls into the component; what that throws comes out as a `MetricError` or as a `PluginTrapped`. */
  async call<T>(work: (exports: Exports) => T): Promise<T> {
    const { exports, memories } = await (this.#instance ??= this.#begin().catch((thrown: unknown) => {
      this.renew();
      throw thrown;
    }));
    let result;
    try {
      result = work(exports);
    } catch (thrown) {
      const failure = toFailure(thrown);
      if ('trap' in failure) this.renew();
      throw toError(failure);
    }
    if (memories.reduce((bytes, { buffer }) => bytes + buffer.byteLength, 0) > MOST_KEPT) this.renew();
    return result;
  }

  /** Lets the instance go. */
  renew(): void {
    this.#instance = undefined;
  }

  async #begin() {
    const memories: WebAssembly.Memory[] = [];
    const exports = await this.instantiate(
      (path) => {
        const module = this.modules[path];
        if (!module) throw new Error(`the component has no core module ${path}`);
        return module;
      },
      this.imports,
      async (module, imports) => {
        const instance = await WebAssembly.instantiate(module, imports);
        memories.push(...Object.values(instance.exports).filter((one) => one instanceof WebAssembly.Memory));
        return instance;
      },
    );
    return { exports, memories };
  }
}

/** Compiles core modules. */
export async function compileAll(bytes: Record<string, Uint8Array<ArrayBuffer>>): Promise<Record<string, WebAssembly.Module>> {
  const compiled = Object.entries(bytes).map(async ([path, code]) => [path, await WebAssembly.compile(code)] as const);
  return Object.fromEntries(await Promise.all(compiled));
}
