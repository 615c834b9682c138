/** What vnes uses of the engine's WebAssembly API; TypeScript declares it only together with the browser's DOM. */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { readonly module: string; readonly name: string }[];
  }
  class Instance {
    constructor(module: Module, imports?: object);
    readonly exports: Record<string, unknown>;
  }
  class Global {
    constructor(type: { readonly value: 'i32' | 'i64'; readonly mutable: true }, value: number | bigint);
    value: number | bigint;
  }
  class RuntimeError extends Error {}
}
