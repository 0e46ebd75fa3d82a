// Modules that scripts/bundle.js makes.

/** A core module's bytes. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** A worker's whole source. */
declare module 'worker:*' {
  const source: string;
  export default source;
}
