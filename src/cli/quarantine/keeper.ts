import { resolve } from 'node:path';
import { type Diagnostic, Failure } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';
import { keepDecisions } from '../../kernel/quarantine/keep.ts';
import type { TrustStore } from '../../trust/store.ts';
import type { Verdict } from '../../trust/verdict.ts';
import { verifyCapsule } from '../../trust/verify.ts';
import type { Context } from '../command.ts';
import { quarantineFolder } from '../folders.ts';

/** Enters capsules that `verify` has decided about into the quarantine. */
export interface Keeper {
  /** What could not be kept; it must not hide why capsules were refused. */
  readonly problems: readonly Diagnostic[];
  /**
   * Examines the capsules of these verdicts once more, one at a time and with their bytes, and keeps what comes out: a verification
   * of thousands holds none of their bytes.
   */
  enter(verdicts: readonly Verdict[]): void;
}

export function quarantineKeeper({ ports }: Context, trust: TrustStore): Keeper {
  const place = { dir: quarantineFolder(ports), cwd: ports.env.cwd, trust, now: ports.clock.now() };
  const problems: Diagnostic[] = [];
  const enter = ({ folder }: Verdict): void => {
    const path = resolve(ports.env.cwd, folder);
    const decision = verifyCapsule(path, folder, trust, { keepBytes: LIMITS.quarantineFileBytes });
    try {
      keepDecisions([decision], { ...place, gate: 'verify' });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(...error.diagnostics);
    }
  };
  return { problems, enter: verdicts => verdicts.forEach(enter) };
}
