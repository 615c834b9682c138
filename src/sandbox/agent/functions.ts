/** The component's functions. Their real types are the component's own, so nothing is taken for granted. */
export interface Exports {
  init(config: string): unknown;
  handle(event: object): unknown;
  serve(method: string, payload: string): unknown;
}

/** The host's functions by interface and name. */
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
