import { LIMITS } from '../../base/limits.ts';
import { sentryOf } from '../confine/sentry.ts';
import { inMachine } from './program.ts';

const END = { name: 'end', call: 'exit_group', args: [0], expect: 0 } as const;
const ANYTHING = { kind: 0, parts: [] };

/**
 * Why no native program can run in a machine; undefined when it can. Starts one that does nothing: what its sentry finds allowed is a reason
 * too. @throws Error when there can be no machine on this host
 */
export async function obstacleToPrograms(): Promise<string | undefined> {
  const program = { bytes: sentryOf([END], 'x64') };
  const machine = inMachine()(
    { policy: 'native', program, args: [], files: new Map() },
    LIMITS.nativeMemoryBytes,
  );
  const reply = await machine.exchange(ANYTHING);
  machine.end();
  if ('died' in reply) return reply.died;
  return 'ended' in reply && reply.ended.endsWith(' 0') ? undefined : 'a program does not end as it should';
}
