import { type Diagnostic, exitOf } from '../../base/diagnostic.ts';
import { EXIT, type ExitStatus } from '../../base/exit.ts';
import type { JsonValue } from '../../base/json.ts';
import type { Paint, Result } from '../command.ts';
import type { Screen } from './screen.ts';

/** All that is known when a command has ended. The exit status, the text and the JSON document are projections of it. */
export interface Report {
  /** The command's words; null when the command line named none. */
  readonly command: string | null;
  readonly exitCode: ExitStatus;
  readonly data: JsonValue;
  readonly diagnostics: readonly Diagnostic[];
  readonly text?: ((paint: Paint) => string) | undefined;
  readonly lines?: readonly string[] | undefined;
}

export interface View {
  readonly out: Screen;
  readonly err: Screen;
  readonly quiet: boolean;
  /** Whether data lines go to a terminal, which could obey what they hold. */
  readonly terminal: boolean;
}

/** What goes to standard output and standard error. */
export interface Streams {
  readonly out: string;
  readonly err: string;
}

export type Renderer = (report: Report, view: View) => Streams;

/** The report of a command that came to a result. */
export function resultReport(command: string, result: Result): Report {
  const { data, diagnostics, text, lines } = result;
  return { command, exitCode: EXIT[result.exit ?? exitOf(diagnostics)], data, diagnostics, text, lines };
}

/** The report of a command line that came to none. */
export function failureReport(command: string | null, diagnostics: readonly Diagnostic[]): Report {
  return { command, exitCode: EXIT[exitOf(diagnostics)], data: null, diagnostics };
}

export function helpReport(help: string): Report {
  return { command: null, exitCode: EXIT.ok, data: { help }, diagnostics: [], text: () => help };
}
