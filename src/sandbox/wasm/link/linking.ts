/** How a component's core modules are put together and which functions of the world they meet, as plain data. */
export interface Linking {
  /** Core instances in the order in which they are made. */
  readonly instances: readonly CoreInstance[];
  /** `init`, `handle` and `serve`. */
  readonly exports: Readonly<Record<string, Lifted>>;
}

/** An instance of a module, whose imports other instances give; or a bag of items under new names. Pairs, for any text is a name. */
export type CoreInstance =
  | { readonly module: number; readonly args: readonly (readonly [name: string, instance: number])[] }
  | { readonly items: readonly (readonly [name: string, item: CoreItem])[] };

/** What an instance exports, or a function of the host. */
export type CoreItem = CoreExport | Lowered;

export interface CoreExport {
  readonly instance: number;
  readonly name: string;
}

/** A function of the host as core code calls it. */
export interface Lowered extends Canonical {
  /** Its interface without the version, and its name: `vnes:capsule/state get`. */
  readonly host: string;
}

/** A function of core code as the host calls it. */
export interface Lifted extends Canonical {
  readonly code: CoreExport;
  /** Called when the host has read the result. */
  readonly after?: CoreExport;
}

/** Where texts lie, and who gives room for them. */
interface Canonical {
  readonly memory?: CoreExport;
  readonly realloc?: CoreExport;
}
