import { FATAL_ATTEMPTS } from './attempts.ts';
import { findBubblewrap } from './bubblewrap.ts';
import { architecture, confine } from './confine.ts';
import { launch } from './launch.ts';
import type { PolicyName } from './policies.ts';
import { type Step, sentryOf } from './sentry.ts';
import type { Confinement } from './types.ts';

const END: Step = { name: 'end', call: 'exit_group', args: [0], expect: 0 };
/** How bubblewrap tells that the filter of system calls ended a program: SIGSYS. */
const ENDED_BY_FILTER = 128 + 31;

let trial: Promise<string | undefined> | undefined;

/**
 * Why nothing can be confined on this machine; undefined when it can. It is tried once for as long as this program runs, by confining a
 * program that does nothing: what its sentry finds allowed is a reason too.
 */
export function obstacleToConfining(): Promise<string | undefined> {
  trial ??= obstacleTo([], 'node');
  return trial;
}

/**
 * Of what ends a confined program, whatever does not: each is attempted in a process of its own, as a program of the policy would. Names
 * of the attempts; none when all is well.
 */
export async function survivedAttempts(policy: PolicyName): Promise<readonly string[]> {
  const survived: string[] = [];
  for (const attempt of FATAL_ATTEMPTS) {
    const { status } = await runInside([attempt, END], policy);
    if (status !== ENDED_BY_FILTER) survived.push(attempt.name);
  }
  return survived;
}

async function obstacleTo(steps: readonly Step[], policy: PolicyName): Promise<string | undefined> {
  try {
    const { status, said, allowed } = await runInside([...steps, END], policy);
    if (status === 0) return undefined;
    if (allowed !== undefined) return `bubblewrap does not keep a program from this: ${allowed}`;
    return said || `bubblewrap ended with status ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

/** Runs a program of these steps confined, after the sentry. @throws Error when that cannot be arranged */
async function runInside(steps: readonly Step[], policy: PolicyName) {
  const plan = confine(programOf(steps, policy), bubblewrapHere());
  const { process: child, said } = launch(plan);
  const status = await new Promise<number>((resolve, reject) => {
    child.once('close', code => resolve(code ?? 0));
    child.once('error', reject);
  });
  return { status, said: said().trim(), allowed: plan.notDenied(status) };
}

function programOf(steps: readonly Step[], policy: PolicyName): Confinement {
  return {
    policy,
    program: { bytes: sentryOf(steps, architecture()) },
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
