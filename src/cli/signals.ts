import { CODES, type Code } from '../base/codes/all.ts';
import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { EXIT, type ExitStatus } from '../base/exit.ts';
import { toDiagnostics } from './faults.ts';
import type { Parting } from './parting.ts';

const SIGNALS: readonly (readonly [NodeJS.Signals, Code, string])[] = [
  ['SIGINT', 'VNES9030', 'interrupted'],
  ['SIGTERM', 'VNES9031', 'terminated'],
];

/** Reports what ended the process from outside, or an error that no command caught, and exits. */
export function onStop(
  report: (diagnostics: readonly Diagnostic[], error?: unknown) => Promise<ExitStatus>,
  parting: Parting,
): void {
  for (const [signal, code, message] of SIGNALS) {
    let stopping = false;
    // Stays in place: where ours is gone, what others register (ink does) lets the signal end the process at once.
    process.on(signal, async () => {
      if (stopping) process.exit(EXIT[CODES[code].exit]);
      stopping = true;
      process.exit(await report([diagnose(code, message, { help: parting.next })]));
    });
  }
  process.once('uncaughtException', async error => process.exit(await report(toDiagnostics(error), error)));
}
