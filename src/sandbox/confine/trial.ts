import { findBubblewrap } from './bubblewrap.ts';
import { architecture, confine } from './confine.ts';
import { launch } from './launch.ts';
import { sentryOf } from './sentry.ts';
import type { Confinement } from './types.ts';

/** A program that ends well and does nothing else. */
const NOTHING = [{ name: 'end', call: 'exit_group', args: [0], expect: 0 }] as const;

let trial: Promise<string | undefined> | undefined;

/**
 * Why nothing can be confined on this machine; undefined when it can. It is tried once for as long as this program runs, by confining a
 * program that does nothing: what its sentry finds allowed is a reason too.
 */
export function obstacleToConfining(): Promise<string | undefined> {
  trial ??= tryOut();
  return trial;
}

async function tryOut(): Promise<string | undefined> {
  try {
    const plan = confine(idle(), bubblewrapHere());
    const { process: child, said } = launch(plan);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    });
    if (status === 0) return undefined;
    const allowed = plan.notDenied(status ?? 0);
    if (allowed !== undefined) return `bubblewrap does not keep a program from this: ${allowed}`;
    return said().trim() || `bubblewrap ended with status ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

function idle(): Confinement {
  return {
    policy: 'native',
    program: { bytes: sentryOf(NOTHING, architecture()) },
    args: [],
    files: new Map(),
    limits: { openFiles: 16, fileBytes: 0, cpuSeconds: 10 },
  };
}

/** bubblewrap's program. @throws Error where there is none */
export function bubblewrapHere(): string {
  if (process.platform !== 'linux')
    throw new Error(`bubblewrap needs Linux, and this is ${process.platform}`);
  const program = findBubblewrap();
  if (program === undefined) throw new Error('bubblewrap is not installed');
  return program;
}
