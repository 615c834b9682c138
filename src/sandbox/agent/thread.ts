import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Packed, packOutcomes, unpackDeliveries } from '../packed.ts';
import type { AnswerMessage, HostMessage, NativeReply } from '../protocol.ts';
import { deniedToThread, detachEnvironment } from './canary.ts';
import { Agent, type Port } from './serve.ts';

/** What the host hands to the thread: the port of its answers, and a counter of them to wait on. */
export interface ThreadData {
  readonly answers: MessagePort;
  readonly answered: Int32Array;
}

/** Serves the host's thread. Messages are handled one after the other, each to its end. */
export function serveThread(): void {
  const { answers, answered } = workerData as ThreadData;
  const host = parentPort!;
  const asking = (message: object): unknown => {
    const before = Atomics.load(answered, 0);
    host.postMessage(message);
    Atomics.wait(answered, 0, before);
    return receiveMessageOnPort(answers)!.message;
  };
  const port: Port = {
    post: message => host.postMessage(message.type === 'outcomes' ? packOutcomes(message) : message),
    ask: message => asking(message) as AnswerMessage,
    exchange: message => asking(message) as NativeReply,
  };
  const agent = new Agent(port, deniedToThread());
  detachEnvironment();
  let last = Promise.resolve();
  host.on('message', (message: HostMessage | Packed) => {
    last = last.then(() => agent.receive('type' in message ? message : unpackDeliveries(message)));
  });
}
