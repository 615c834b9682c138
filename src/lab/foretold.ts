import { KERNEL } from '../bus/steering.ts';
import { PublishedEffect, WriteEffect } from '../capsule/effects.ts';
import type { BusEvent, Effects, Outcome } from '../capsule/event.ts';
import type { DeliveryRecord, FrameRecord } from '../store/record.ts';
import { outcomesOf } from './tape.ts';

/** How one delivery ended, as a recording tells it. */
export interface Foretold {
  readonly event: number;
  readonly outcome: Outcome;
}

/** What a frame's record tells of its deliveries, capsule by capsule in their order. Nothing of those that were skipped. */
export function foretoldBy(record: FrameRecord): ReadonlyMap<string, readonly Foretold[]> {
  const outcomes = inTurn(record) ?? byName(record);
  const found = new Map<string, Foretold[]>();
  for (const [index, { event, to }] of record.deliveries.entries()) {
    const outcome = outcomes[index];
    if (!outcome) continue;
    const of = found.get(to);
    if (of) of.push({ event, outcome });
    else found.set(to, [{ event, outcome }]);
  }
  return found;
}

type Told = readonly (Outcome | undefined)[];

/** Reads effects off in the order in which a kernel makes them true; undefined when they stand in another. */
function inTurn({ deliveries, published, writes, logs }: FrameRecord): Told | undefined {
  const events = new Reel(published, ({ source }) => source, publishedEffect);
  const values = new Reel(
    writes,
    ({ writer }) => writer,
    ({ key, value }) => new WriteEffect(key, value),
  );
  const lines = new Reel(
    logs,
    ({ capsule }) => capsule,
    ({ level, message }) => ({ level, message }),
  );
  const outcomes = deliveries.map(({ event, to, outcome: kind, message = '' }: DeliveryRecord) => {
    const effects: Effects = {
      published: events.take(event, to),
      writes: values.take(event, to),
      logs: lines.take(event, to),
    };
    if (kind === 'skipped') return undefined;
    return kind === 'ok' ? { kind, effects } : { kind, message };
  });
  return [events, values, lines].every(reel => reel.isDone) ? outcomes : undefined;
}

function byName(record: FrameRecord): Told {
  const outcomes = outcomesOf(record);
  return record.deliveries.map(({ event, to }) => outcomes.get(`${event} ${to}`));
}

function publishedEffect({ topic, key, payload }: BusEvent): Effects['published'][number] {
  return new PublishedEffect(topic, key, payload);
}

const NONE: readonly never[] = [];

/** Effects of one kind, from the first to the last. What the kernel published itself is passed over. */
class Reel<T extends { readonly cause: number | null }, Effect> {
  private readonly all: readonly T[];
  private readonly author: (one: T) => string;
  private readonly effect: (one: T) => Effect;
  private at = 0;

  constructor(all: readonly T[], author: (one: T) => string, effect: (one: T) => Effect) {
    this.all = all;
    this.author = author;
    this.effect = effect;
  }

  /** What an event made a capsule do, if that is what comes next. */
  take(event: number, by: string): readonly Effect[] {
    this.skip();
    const start = this.at;
    while (this.at < this.all.length && this.isOf(event, by)) this.at += 1;
    return this.at === start ? NONE : this.all.slice(start, this.at).map(this.effect);
  }

  get isDone(): boolean {
    this.skip();
    return this.at === this.all.length;
  }

  private skip(): void {
    while (this.at < this.all.length && this.author(this.all[this.at]!) === KERNEL) this.at += 1;
  }

  private isOf(event: number, by: string): boolean {
    const one = this.all[this.at]!;
    return one.cause === event && this.author(one) === by;
  }
}
