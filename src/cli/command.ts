import type { Diagnostic } from '../base/diagnostic.ts';
import type { ExitName } from '../base/exit.ts';
import type { JsonValue } from '../base/json.ts';
import type { Ports } from '../base/ports.ts';

/** One option of a command, as both the fast path and commander read it. */
export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** Placeholder of its value; an option without one is a switch. */
  readonly value?: string;
  readonly help: string;
  readonly multiple?: boolean;
  readonly default?: string;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly help: string;
  readonly required?: boolean;
  readonly variadic?: boolean;
}

export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What a command may use of the terminal, without printing. */
export interface Context {
  readonly ports: Ports;
  /** Reports progress; shown on a terminal only, after 200 ms. */
  progress(message: string): void;
  /** Reads standard input to its end. */
  stdin(): Promise<Uint8Array>;
  /**
   * Prints one line of data at once, for results that come bit by bit; not for `--json`, which is one document.
   * @returns false when the reader is gone (`vnes ... | head`)
   */
  line(text: string): boolean;
  /** Asks for a secret on the terminal; undefined when there is no terminal. */
  secret(prompt: string): Promise<string | undefined>;
  /**
   * Says that the whole screen is taken. `giveBack` puts the terminal back as it was; it is called before anything is printed,
   * however the command ends.
   */
  takeScreen(giveBack: () => void): void;
  /** From now on, whoever stops the command is told this as the next step. */
  whenStopped(next: string): void;
  /** Absolute path of one of vnes' own folders. */
  asset(folder: 'templates' | 'schemas' | 'docs'): string;
}

/** What a command found. Renderers turn it into text or JSON; it prints nothing itself. */
export interface Result {
  readonly data: JsonValue;
  readonly diagnostics: readonly Diagnostic[];
  /** Exit status; by default that of the first error among the diagnostics, or `ok`. */
  readonly exit?: ExitName;
  /** Text for people, on standard output. */
  readonly text: (paint: Paint) => string;
  /** Lines for standard output that are data (NDJSON); then `text` goes to standard error. */
  readonly lines?: readonly string[];
}

/** Colours, or nothing where there is no colour. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
  accent(text: string): string;
}

/** A command: its words, and what it calls. One file each in `commands/`. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  /** Commands below this one (`state get`); then `run` is absent. */
  readonly commands?: readonly CommandSpec[];
  readonly run?: (context: Context, args: readonly string[], options: OptionValues) => Promise<Result>;
}

/** A command as the overview knows it, without loading its code. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<CommandSpec>;
}

/** Commands by name, in the order in which an author meets them. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;
