/** A component as an ES module, which links the core modules, and those modules by name. */
export interface Program {
  /** Text of a module that exports `instantiate(getCoreModule, imports)`; it imports nothing itself. */
  readonly source: string;
  readonly cores: Readonly<Record<string, Uint8Array>>;
}
