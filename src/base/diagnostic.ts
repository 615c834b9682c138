import { CODES, type Code } from './codes/all.ts';
import type { ExitName } from './exit.ts';

export type Severity = 'error' | 'warning' | 'note';

/** Where a diagnostic points. Lines and columns count from 1; columns count UTF-16 code units. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** JSON pointer (RFC 6901) into the document. */
  readonly pointer?: string | undefined;
  /** A few lines of the source with a caret, ready to print. */
  readonly frame?: string | undefined;
}

/** What is wrong, where, what was expected and found, and the next command to type. */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  readonly message: string;
  readonly place?: Place | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly help?: string | undefined;
}

export type DiagnosticDetail = Omit<Diagnostic, 'code' | 'severity' | 'message'>;

/** An error diagnostic; `detail` adds place, expected, found and help. */
export function diagnose(code: Code, message: string, detail: DiagnosticDetail = {}): Diagnostic {
  return { code, severity: 'error', message, ...detail };
}

/** As {@link diagnose}, for what does not change the verdict. */
export function warn(code: Code, message: string, detail: DiagnosticDetail = {}): Diagnostic {
  return { code, severity: 'warning', message, ...detail };
}

/** Thrown when a command cannot go on. The CLI prints its diagnostics and exits by the first one's code. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly diagnostics: readonly [Diagnostic, ...Diagnostic[]];

  constructor(first: Diagnostic, ...more: Diagnostic[]) {
    super(`${first.code} ${first.message}`);
    this.diagnostics = [first, ...more];
  }
}

/** Throws a {@link Failure} of one error diagnostic. */
export function fail(code: Code, message: string, detail: DiagnosticDetail = {}): never {
  throw new Failure(diagnose(code, message, detail));
}

/** The exit status that the first error among `diagnostics` leads to; `ok` when there is none. */
export function exitOf(diagnostics: readonly Diagnostic[]): ExitName {
  const first = diagnostics.find(diagnostic => diagnostic.severity === 'error');
  return first ? CODES[first.code].exit : 'ok';
}
