import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Packed, packOutcomes, unpackDeliveries } from '../packed.ts';
import type { AnswerMessage, HostMessage, NativeReply } from '../protocol.ts';
import { deniedToThread, detachEnvironment } from './canary.ts';
import { Agent, type Port } from './serve.ts';

/** What the host hands to the thread: the port of its messages, and a counter of them to wait on. */
export interface ThreadData {
  readonly messages: MessagePort;
  readonly sent: Int32Array;
}

/** Serves the host's thread until that ends it. It sleeps between messages and has no event loop, which halves what one costs. */
export async function serveThread(): Promise<void> {
  const { messages, sent } = workerData as ThreadData;
  const host = parentPort!;
  const take = (): unknown => {
    for (;;) {
      const before = Atomics.load(sent, 0);
      const received = receiveMessageOnPort(messages);
      if (received) return received.message;
      Atomics.wait(sent, 0, before);
    }
  };
  const asking = (message: object): unknown => {
    host.postMessage(message);
    return take();
  };
  const port: Port = {
    post: message => host.postMessage(message.type === 'outcomes' ? packOutcomes(message) : message),
    ask: message => asking(message) as AnswerMessage,
    exchange: message => asking(message) as NativeReply,
  };
  const agent = new Agent(port, deniedToThread());
  detachEnvironment();
  for (;;) await agent.receive(unpacked(take() as HostMessage | Packed));
}

function unpacked(message: HostMessage | Packed): HostMessage {
  return 'type' in message ? message : unpackDeliveries(message);
}
