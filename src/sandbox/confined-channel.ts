import { constants } from 'node:os';
import type { Channel, ChannelEvents, Ending } from './channel.ts';
import { confine, type Launch } from './confine/confine.ts';
import { type Confined, launch } from './confine/launch.ts';
import { bubblewrapHere } from './confine/trial.ts';
import type { Confinement } from './confine/types.ts';
import { listen, sender } from './pipe.ts';

/** The channel to an agent in a confined process. `make` may fail: then it is one that is closed, and tells why. */
export function openConfined(
  events: ChannelEvents,
  make: () => Confinement,
  connect: Connect = connectAtOnce,
): Channel {
  let started: { readonly plan: Launch; readonly confined: Confined };
  try {
    const plan = confine(make(), bubblewrapHere());
    started = { plan, confined: launch(plan) };
  } catch (error) {
    return closedChannel(events, error instanceof Error ? error.message : 'unknown');
  }
  return channelTo(started.plan, started.confined, events, connect);
}

/** Begins to listen to an agent, and gives the means to speak to it. */
export type Connect = (
  channel: Confined['channel'],
  events: Pick<ChannelEvents, 'onMessage'>,
) => (message: object) => void;

const connectAtOnce: Connect = (channel, events) => {
  listen(channel, events);
  return sender(channel);
};

function channelTo(
  plan: Launch,
  { process: child, channel, said }: Confined,
  events: ChannelEvents,
  connect: Connect,
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
  const send = connect(channel, {
    onMessage: message => {
      spoke = true;
      events.onMessage(message);
    },
  });
  // Whatever broke it ends the process too, and `close` tells why.
  channel.on('error', () => {});
  // An agent that it left behind ends when nobody speaks to it.
  child.once('exit', () => channel.end());
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
  const how = by ? `it was ended by ${by}` : `it exited with status ${status}`;
  return { kind: 'died', reason: [how, said.trim().split('\n', 1)[0]].filter(Boolean).join(': ') };
}

function signalNamed(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
}

/** For a machine on which nothing could be started: it says so once its owner can hear it. */
function closedChannel(events: ChannelEvents, reason: string): Channel {
  queueMicrotask(() => events.onClose({ kind: 'unavailable', reason }));
  return { send: () => {}, answer: () => {}, close: async () => {} };
}
