import type { Linking } from './link/linking.ts';

/** A component's code, ready to be instantiated: by its linking, where that is known, and otherwise by jco's glue. */
export type Program = LinkedProgram | GluedProgram;

export interface LinkedProgram {
  readonly linking: Linking;
  /** Core modules by the names that jco gives them, in their order. */
  readonly cores: Readonly<Record<string, Uint8Array>>;
}

export interface GluedProgram {
  /** Text of a module that exports `instantiate(getCoreModule, imports)`; it imports nothing itself. */
  readonly source: string;
  readonly cores: Readonly<Record<string, Uint8Array>>;
}
