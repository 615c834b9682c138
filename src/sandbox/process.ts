import { constants } from 'node:os';
import { AGENT_FOLDER, confinedAgent } from './agent-path.ts';
import type { Channel, ChannelEvents, ChannelLimits, Ending } from './channel.ts';
import { confine, type Launch } from './confine/confine.ts';
import { type Confined, launch } from './confine/launch.ts';
import { librariesOf } from './confine/libraries.ts';
import { bubblewrapHere } from './confine/trial.ts';
import type { ConfinedLimits, Confinement, Source } from './confine/types.ts';
import { GUARDED_DENIALS } from './guarded.ts';
import { nodeFlags } from './node-flags.ts';
import { listen, sender } from './pipe.ts';
import type { Startup } from './unpinned.ts';

/** What the agent must be denied before it is given any code, after what its sentry tried (agent/canary.ts, confine/attempts.ts). */
export const PROCESS_DENIALS = [...GUARDED_DENIALS, 'signal its parent'];

/** Node starts a dozen threads and opens two dozen files; a capsule has no way to ask for more. */
const LIMITS_OF_NODE: ConfinedLimits = { openFiles: 64, fileBytes: 0, cpuSeconds: 7 * 24 * 3600, tasks: 64 };

/** A sandbox in a confined process: Node.js under its permission model, inside of bubblewrap and a filter of system calls. */
export function openProcess(
  events: ChannelEvents,
  limits: ChannelLimits,
  { flags }: Pick<Startup, 'flags'> = {},
): Channel {
  let started: { readonly plan: Launch; readonly confined: Confined };
  try {
    const plan = confine(nodeWithAgent(limits, flags), bubblewrapHere());
    started = { plan, confined: launch(plan) };
  } catch (error) {
    return closedChannel(events, error instanceof Error ? error.message : 'unknown');
  }
  return channelTo(started.plan, started.confined, events);
}

function nodeWithAgent(limits: ChannelLimits, flags: readonly string[] = []): Confinement {
  const agent = confinedAgent();
  return {
    policy: 'node',
    program: { host: process.execPath },
    args: [...flags, ...nodeFlags(limits, AGENT_FOLDER), agent.file],
    files: new Map<string, Source>([...nodeLibraries(), ...agent.files]),
    limits: LIMITS_OF_NODE,
  };
}

let known: ReadonlyMap<string, Source> | undefined;

/** They stay the same for as long as this program runs, which has loaded them itself. */
function nodeLibraries(): ReadonlyMap<string, Source> {
  known ??= new Map([...librariesOf(process.execPath)].map(([inside, host]) => [inside, { host }]));
  return known;
}

function channelTo(
  plan: Launch,
  { process: child, channel, said }: Confined,
  events: ChannelEvents,
): Channel {
  let spoke = false;
  const ended = new Promise<void>(resolve => {
    child.once('error', error => {
      events.onClose({ kind: 'unavailable', reason: error.message });
      resolve();
    });
    child.once('close', (status, signal) => {
      events.onClose(endingOf(status, signal, spoke ? '' : said(), plan));
      resolve();
    });
  });
  listen(channel, {
    onMessage: message => {
      spoke = true;
      events.onMessage(message);
    },
  });
  // Whatever broke it ends the process too, and `close` tells why.
  channel.on('error', () => {});
  const send = sender(channel);
  return {
    send,
    answer: send,
    close: async () => {
      child.kill('SIGKILL');
      await ended;
      channel.destroy();
    },
  };
}

/** How a shell tells that a signal ended a program; bubblewrap does the same. */
const BY_SIGNAL = 128;

function endingOf(status: number | null, signal: string | null, said: string, plan: Launch): Ending {
  const denied = plan.notDenied(status ?? 0);
  if (denied !== undefined) return { kind: 'allowed', attempts: [denied] };
  if (said.startsWith('bwrap: ')) return { kind: 'unavailable', reason: said.trim() };
  const by = signal ?? signalNamed((status ?? 0) - BY_SIGNAL);
  if (by === 'SIGSYS') return { kind: 'died', reason: 'it made a system call that it may not make (SIGSYS)' };
  return { kind: 'died', reason: by ? `it was ended by ${by}` : `it exited with status ${status}` };
}

function signalNamed(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
}

/** For a machine on which nothing could be started: it says so once its owner can hear it. */
function closedChannel(events: ChannelEvents, reason: string): Channel {
  queueMicrotask(() => events.onClose({ kind: 'unavailable', reason }));
  return { send: () => {}, answer: () => {}, close: async () => {} };
}
