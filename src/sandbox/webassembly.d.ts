/** What vnes uses of the engine's WebAssembly API; TypeScript declares it only together with the browser's DOM. */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
  class Module {
    constructor(bytes: Uint8Array);
    static imports(
      module: Module,
    ): { readonly module: string; readonly name: string; readonly kind: string }[];
  }
  class Instance {
    constructor(module: Module, imports?: object);
    readonly exports: Record<string, unknown>;
  }
  class Global {
    constructor(type: { readonly value: 'i32' | 'i64'; readonly mutable: boolean }, value: number | bigint);
    value: number | bigint;
  }
  class Memory {
    constructor(limits: { readonly initial: number; readonly maximum: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    constructor(type: { readonly initial: number; readonly element: 'anyfunc' });
    get(index: number): unknown;
  }
  class RuntimeError extends Error {}
}
