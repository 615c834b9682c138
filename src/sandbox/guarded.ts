import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { agentLocation } from './agent-path.ts';
import type { Channel, ChannelEvents, ChannelLimits } from './channel.ts';
import { nodeFlags } from './node-flags.ts';
import { listen, sender } from './pipe.ts';
import { reapWithHost } from './reaper.ts';
import type { Startup } from './unpinned.ts';

/** What a guarded process must be denied before it is given any code (agent/canary.ts). */
export const GUARDED_DENIALS = [
  'read a file',
  'write a file',
  'start a process',
  'start a thread',
  'see the environment',
];

/**
 * A sandbox in a process of its own under Node's permission model alone, with an empty environment and one socket to its host:
 * weaker than a confined process, and no zone's minimum.
 */
export function openGuarded(events: ChannelEvents, limits: ChannelLimits, startup: Startup = {}): Channel {
  const agent = agentLocation();
  const { flags = [], env = {} } = startup;
  const child = spawn(process.execPath, [...flags, ...nodeFlags(limits, agent.readable), agent.file], {
    cwd: '/',
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    windowsHide: true,
  });
  const gone = new Promise<void>(resolve => {
    child.once('exit', (status, signal) => {
      const reason = signal ? `it was ended by ${signal}` : `it exited with status ${status}`;
      events.onClose({ kind: 'died', reason });
      resolve();
    });
    child.once('error', () => {
      events.onClose({ kind: 'died', reason: 'it could not be started' });
      resolve();
    });
  });
  const pipe = child.stdio[3] as Duplex;
  listen(pipe, events);
  pipe.on('error', () => events.onClose({ kind: 'died', reason: 'its pipe broke' }));
  endWithHost(child);
  const send = sender(pipe);
  return {
    send,
    answer: send,
    close: async () => {
      child.kill('SIGKILL');
      await gone;
      pipe.destroy();
    },
  };
}

/** An idle child ends with its pipe; a busy one would not notice that its host is gone. */
function endWithHost(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const forget = reapWithHost(child.pid);
  child.once('exit', forget);
}
