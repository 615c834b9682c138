import { readSync, writeSync } from 'node:fs';
import { encodeFrame, readFrame } from '../frames.ts';
import type { AnswerMessage, HostMessage, NativeReply } from '../protocol.ts';
import { deniedToProcess, detachEnvironment } from './canary.ts';
import { Inbox } from './inbox.ts';
import { Agent, type Port } from './serve.ts';

/** The descriptor of the socket to the host. */
const PIPE = 3;

/** Serves a host on the other end of the pipe until it closes. */
export async function servePipe(): Promise<void> {
  const inbox = new Inbox(read);
  const take = (size: number) => inbox.take(size);
  const asking = (message: object) => {
    write(message);
    return readFrame(take);
  };
  const port: Port = {
    post: write,
    ask: message => asking(message) as AnswerMessage,
    exchange: message => asking(message) as NativeReply,
  };
  const agent = new Agent(port, deniedToProcess());
  detachEnvironment();
  for (;;) await agent.receive(readFrame(take) as HostMessage);
}

function write(message: object): void {
  for (const part of encodeFrame(message)) {
    let done = 0;
    while (done < part.length) done += writeSync(PIPE, part, done);
  }
}

/** The end of the pipe is the end of the host, and of this process. */
function read(into: Buffer, from: number): number {
  const count = readSync(PIPE, into, from, into.length - from, null);
  if (count === 0) process.exit(0);
  return count;
}
