import { diagnose, Failure } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import type { Ending } from './channel.ts';

/** It ended, for a reason that nobody can replay. */
export function died(capsule: string, reason: string): Failure {
  return new Failure(
    diagnose('VNES5006', `the sandbox of ${capsule} died: aborted, not replayable`, {
      found: reason,
      help: 'run it again; if it dies again, raise runtime.memory_limit_mb or look for endless growth',
    }),
  );
}

/** Why a sandbox is no longer there, or never was. */
export function ended(capsule: string, ending: Ending): Failure {
  if (ending.kind === 'allowed') return notConfined(ending.attempts);
  if (ending.kind === 'unavailable') return unavailable(capsule, 'a process that is confined', ending.reason);
  return died(capsule, ending.reason);
}

/** This machine lacks what a sandbox for the zone, or for the capsule, is made of. */
export function unavailable(of: string, expected: string, found: string): Failure {
  return new Failure(
    diagnose('VNES5009', `there is no sandbox on this machine that is strong enough for ${of}`, {
      expected,
      found: found.slice(0, LIMITS.messageLength),
      help: 'vnes doctor says what to install; vnes explain VNES5009 what else can be done',
    }),
  );
}

/** A backstop in wall-clock time. */
export function timedOut(capsule: string, timeoutMs: number): Failure {
  return new Failure(
    diagnose('VNES5007', `${capsule} took too long: aborted, not replayable`, {
      expected: `an answer within ${timeoutMs} ms`,
      found: `no answer within ${timeoutMs} ms`,
      help: 'raise runtime.timeout_ms in the manifest, or look for an endless loop',
    }),
  );
}

/** V8 refuses what jco produced. */
export function unloadable(capsule: string, reason: string): Failure {
  return new Failure(
    diagnose('VNES5004', `the component of ${capsule} cannot be compiled`, {
      found: reason.slice(0, LIMITS.messageLength),
      help: 'build it anew with the toolchain that its template pins',
    }),
  );
}

/** Something that must be denied was not. */
export function notConfined(missing: readonly string[]): Failure {
  return new Failure(
    diagnose('VNES5010', 'the sandbox does not isolate on this machine', {
      expected: `denied: ${missing.join(', ')}`,
      found: 'allowed',
      help: 'use an unmodified Node.js 24 or later; no capsule code was run',
    }),
  );
}
