import type { MessagePort } from 'node:worker_threads';
import type { Walk } from '../capsule/inventory.ts';
import { readShare, type Share, type Task, waitForRoom } from './shares.ts';

/** A share under way between threads: its walks as JSON, which is read many times faster than a clone, beside what they keep. */
export interface SentShare {
  readonly first: number;
  readonly walks: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A walk whose kept files are stretches of the bytes of its share, from and to. */
interface SentWalk extends Omit<Walk, 'kept'> {
  readonly kept: readonly (readonly [path: string, from: number, to: number])[];
}

/** What a thread says when no folder is left. Before that it sends shares. */
export const DONE = 'done';

/** Reads along with the main thread once it is told what. Whatever it throws ends the thread, and so the command. */
export function work(port: MessagePort): void {
  port.once('message', (task: Task) => {
    for (;;) {
      waitForRoom(task);
      const share = readShare(task);
      if (!share) break;
      const sent = toSend(share);
      port.postMessage(sent, [sent.bytes.buffer]);
    }
    port.postMessage(DONE);
  });
}

/** A share in the form in which it is sent. */
export function toSend({ first, walks }: Share): SentShare {
  const parts: Uint8Array[] = [];
  let end = 0;
  const placed = walks.map(({ kept, ...rest }): SentWalk => {
    const places = [...kept].map(([path, bytes]) => {
      parts.push(bytes);
      const from = end;
      end += bytes.length;
      return [path, from, end] as const;
    });
    return { ...rest, kept: places };
  });
  return { first, walks: JSON.stringify(placed), bytes: joined(parts, end) };
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A share as it was sent. */
export function received({ first, walks, bytes }: SentShare): Share {
  const placed = JSON.parse(walks) as readonly SentWalk[];
  return {
    first,
    walks: placed.map(({ kept, ...rest }) => ({
      ...rest,
      kept: new Map(kept.map(([path, from, to]) => [path, bytes.subarray(from, to)])),
    })),
  };
}
