/** The component's functions. Their real types are the component's own, so nothing is taken for granted. */
export interface Exports {
  init(config: string): unknown;
  handle(event: WorldEvent): unknown;
  serve(method: string, payload: string): unknown;
}

/** The host's functions by interface and name. */
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** An event as the world has it (wasm/vnes.wit). */
export interface WorldEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly time: bigint;
  readonly key: string | undefined;
  readonly payload: string;
}
