import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { agentLocation } from './agent-path.ts';
import { type Channel, type ChannelEvents, type ChannelLimits, HEAP_MIB, STACK_MIB } from './channel.ts';
import { encodeFrame, FrameCutter } from './frames.ts';
import { reapWithHost } from './reaper.ts';

/** What the process must be denied before it is given any code (agent/canary.ts). */
export const PROCESS_DENIALS = [
  'read a file',
  'write a file',
  'start a process',
  'start a thread',
  'see the environment',
];

const PAGE = 65_536;

/** A sandbox in a process of its own, under Node's permission model, with an empty environment and one socket to its host. */
export function openProcess(events: ChannelEvents, limits: ChannelLimits): Channel {
  const child = spawn(process.execPath, flags(limits), {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    windowsHide: true,
  });
  const gone = new Promise<void>(resolve => {
    child.once('exit', (code, signal) => {
      events.onClose(signal ? `it was ended by ${signal}` : `it exited with status ${code}`);
      resolve();
    });
    child.once('error', () => {
      events.onClose('it could not be started');
      resolve();
    });
  });
  const pipe = child.stdio[3] as Duplex;
  listen(pipe, events);
  endWithHost(child);
  const send = (message: object): void => {
    for (const part of encodeFrame(message)) pipe.write(part);
  };
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

/**
 * The only file access is to read the agent; code from strings is off. The page limit is a second line behind the limits
 * that are written into each module.
 */
function flags(limits: ChannelLimits): string[] {
  const agent = agentLocation();
  return [
    '--permission',
    `--allow-fs-read=${agent.readable}`,
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${HEAP_MIB}`,
    `--stack-size=${STACK_MIB * 1024}`,
    `--wasm-max-mem-pages=${Math.max(1, Math.ceil(limits.memoryBytes / PAGE))}`,
    '--no-warnings',
    agent.file,
  ];
}

function listen(pipe: Duplex, events: ChannelEvents): void {
  const cutter = new FrameCutter(LIMITS.sandboxFrameBytes);
  pipe.on('data', (chunk: Buffer) => {
    try {
      for (const text of cutter.push(chunk))
        events.onMessage(parseJson(text, { maxBytes: LIMITS.sandboxFrameBytes }));
    } catch {
      events.onMessage(undefined);
    }
  });
  pipe.on('error', () => events.onClose('its pipe broke'));
}

/** An idle child ends with its pipe; a busy one would not notice that its host is gone. */
function endWithHost(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const forget = reapWithHost(child.pid);
  child.once('exit', forget);
}
