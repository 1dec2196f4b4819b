/** What the twin uses of WebAssembly: it is the same in Node and in browsers, but in no library of types that both share. */
// biome-ignore lint/style/noNamespace: it is one, and is not ours.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: unknown;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
  }
}
