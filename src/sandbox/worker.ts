import { MessageChannel, Worker } from 'node:worker_threads';
import type { ThreadData } from './agent/thread.ts';
import { agentLocation } from './agent-path.ts';
import { type Channel, type ChannelEvents, HEAP_MIB, STACK_MIB, YOUNG_MIB } from './channel.ts';
import { packDeliveries, unpackOutcomes } from './packed.ts';

/** A sandbox in a thread of this process: kills loops and keeps order, but is no boundary against code that breaks out of V8. */
export function openWorker(events: ChannelEvents): Channel {
  const { port1: messages, port2: theirs } = new MessageChannel();
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(agentLocation().file, {
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: HEAP_MIB,
      maxYoungGenerationSizeMb: 3 * YOUNG_MIB,
      stackSizeMb: STACK_MIB,
    },
    workerData: { messages: theirs, sent } satisfies ThreadData,
    transferList: [theirs],
  });
  worker.stdout.resume();
  worker.stderr.resume();
  worker.on('message', message =>
    events.onMessage(Array.isArray(message) ? unpackOutcomes(message) : message),
  );
  const died = (reason: string) => events.onClose({ kind: 'died', reason });
  worker.on('error', error =>
    died(error instanceof Error && 'code' in error ? String(error.code) : 'an error in its thread'),
  );
  worker.on('exit', () => died('its thread ended'));
  const send = (message: unknown) => {
    messages.postMessage(message);
    Atomics.add(sent, 0, 1);
    Atomics.notify(sent, 0);
  };
  return {
    send: message => send(message.type === 'handle' ? packDeliveries(message) : message),
    answer: send,
    close: async () => {
      messages.close();
      await worker.terminate();
    },
  };
}
