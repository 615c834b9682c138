import type { MessagePort } from 'node:worker_threads';
import { type HandedTrust, takeTrust } from '../trust/handed.ts';
import type { Verdict } from '../trust/verdict.ts';
import { type Share, type Task, underWay, verifyShares } from './shares.ts';

/** What a thread is told to do. */
export interface Order {
  readonly task: Task;
  readonly trust: HandedTrust;
}

/** A share under way between threads. Verdicts go as JSON, which is read many times faster than a clone. */
export type SentShare = Omit<Share, 'verdicts'> & { readonly verdicts: string };

/** What a thread says when no folder is left. Before that it sends shares. */
export const DONE = 'done';

/** Verifies along with the other threads once it is told to. Whatever it throws ends the thread, and so the command. */
export function work(port: MessagePort): void {
  port.once('message', async ({ task, trust }: Order) => {
    const store = await takeTrust(trust);
    for await (const share of underWay(verifyShares(task, store)))
      port.postMessage({ ...share, verdicts: JSON.stringify(share.verdicts) } satisfies SentShare);
    port.postMessage(DONE);
  });
}

/** A share as it was sent. */
export function received({ verdicts, ...share }: SentShare): Share {
  return { ...share, verdicts: JSON.parse(verdicts) as readonly Verdict[] };
}
