import { LIMITS } from '../base/limits.ts';
import type { HandleMessage, OutcomesMessage, WireDelivery, WireOutcome } from './protocol.ts';

/**
 * Batches as flat lists of texts and numbers, which threads hand over several times as fast as objects. What a host unpacks was
 * packed by a sandbox that is not trusted: it makes no more of it than a list of outcomes to be checked (vet.ts).
 */
export type Packed = readonly (string | number | null | boolean)[];

/** Stands for the same value as in the delivery before: topics and subscribers are. */
const SAME = true;

export function packDeliveries({ deliveries }: HandleMessage): Packed {
  const packed: (string | number | null | boolean)[] = [];
  let before: WireDelivery | undefined;
  for (const each of deliveries) {
    const { partition, offset, time, key, payload } = each;
    packed.push(each.subscriber === before?.subscriber ? SAME : each.subscriber);
    packed.push(each.topic === before?.topic ? SAME : each.topic);
    packed.push(partition, offset, time, key, payload);
    before = each;
  }
  return packed;
}

export function unpackDeliveries(packed: Packed): HandleMessage {
  const deliveries: WireDelivery[] = [];
  let [subscriber, topic] = ['', ''];
  for (let at = 0; at < packed.length; at += 7) {
    if (packed[at] !== SAME) subscriber = packed[at] as string;
    if (packed[at + 1] !== SAME) topic = packed[at + 1] as string;
    deliveries.push({
      subscriber,
      topic,
      partition: packed[at + 2] as number,
      offset: packed[at + 3] as number,
      time: packed[at + 4] as number,
      key: packed[at + 5] as string | null,
      payload: packed[at + 6] as string,
    });
  }
  return { type: 'handle', deliveries };
}

export function packOutcomes({ outcomes, fuel }: OutcomesMessage): Packed {
  const packed: (string | number | null | boolean)[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    packed.push(outcome.kind, fuel?.[index] ?? null);
    if (outcome.kind === 'ok') packEffects(packed, outcome);
    else packed.push(outcome.message);
  }
  return packed;
}

function packEffects(
  packed: (string | number | null | boolean)[],
  { published, writes, logs }: Extract<WireOutcome, { kind: 'ok' }>,
): void {
  packed.push(published.length, writes.length, logs.length);
  for (const list of [published, writes, logs]) for (const effect of list) packed.push(...effect);
}

/** What a sandbox packed, as a message that is still to be checked; undefined for what nobody packs. */
export function unpackOutcomes(packed: readonly unknown[]): unknown {
  const outcomes: unknown[] = [];
  const fuel: unknown[] = [];
  for (let at = 0; at < packed.length; ) {
    fuel.push(packed[at + 1]);
    if (packed[at] !== 'ok') {
      outcomes.push({ kind: packed[at], message: packed[at + 2] });
      at += 3;
      continue;
    }
    const [published, writes, logs] = packed.slice(at + 2, at + 5);
    if (!isCount(published) || !isCount(writes) || !isCount(logs)) return undefined;
    const from = at + 5;
    const [second, third] = [from + published * 3, from + published * 3 + writes * 2];
    at = third + logs * 2;
    if (at > packed.length) return undefined;
    outcomes.push({
      kind: 'ok',
      published: groups(packed, from, second, 3),
      writes: groups(packed, second, third, 2),
      logs: groups(packed, third, at, 2),
    });
  }
  const told = fuel.some(units => units !== null);
  return { type: 'outcomes', outcomes, ...(told ? { fuel } : {}) };
}

function groups(packed: readonly unknown[], from: number, to: number, size: number): unknown[] {
  const found: unknown[] = [];
  for (let at = from; at < to; at += size) found.push(packed.slice(at, at + size));
  return found;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LIMITS.effects;
}
