import { compareCodeUnits } from '../base/order.ts';
import type { Invariants } from '../kernel/invariants/prepare.ts';
import type { Watch } from '../kernel/invariants/watch.ts';
import type { DeliveryRecord, FrameRecord } from '../store/record.ts';

/** What went wrong in a run: an invariant broke, a capsule broke down, or the network never came to rest. */
export interface Complaint {
  readonly about: 'invariant' | 'breakdown' | 'rest';
  /** Name of the invariant, or id of the capsule. */
  readonly name: string;
  /** The invariant's expression, or that of a capsule nothing else is asked. */
  readonly expected: string;
  readonly found: string;
  readonly frame: number;
  /** `seq` of the event that it showed at. */
  readonly event: number;
}

/** What makes two complaints one: the same invariant, or the same capsule that ended in the same trap or fault. */
export function sameness({ about, name, found }: Complaint): string {
  // What a guest said of its trap follows the first colon, and speaks of the event.
  return JSON.stringify([about, name, about === 'breakdown' ? found.split(': ', 2) : '']);
}

/** Listens to the frames of a run and notes what goes wrong. */
export class Listener {
  private readonly watch: Watch;
  private readonly tests: ReadonlySet<string>;
  private readonly breakdowns = new Map<string, Complaint>();
  private restless: Complaint | undefined;
  private last = { frame: 0, event: 0 };

  constructor(invariants: Invariants) {
    this.watch = invariants.watch();
    this.tests = new Set(invariants.declared.filter(({ kind }) => kind === 'test').map(({ name }) => name));
  }

  add(record: FrameRecord): void {
    this.watch.add(record);
    const { frame, deliveries, ingress, published } = record;
    this.last = { frame, event: [...ingress, ...published].at(-1)?.seq ?? this.last.event };
    for (const delivery of deliveries) if (isBreakdown(delivery)) this.note(delivery, frame);
  }

  end(): void {
    this.watch.end();
  }

  /** The kernel gave up: the capsules keep publishing to each other. */
  neverRests(found: string): void {
    this.restless = { about: 'rest', name: 'the network', expected: 'rest', found, ...this.last };
  }

  complaints(): readonly Complaint[] {
    const broken = this.watch.verdicts().flatMap(({ name, states, broken: at }): Complaint[] => {
      if (!at) return [];
      const { frame, event, found } = at;
      return [{ about: 'invariant', name, expected: states, found, frame, event }];
    });
    const breakdowns = [...this.breakdowns.values()].sort((a, b) => compareCodeUnits(a.name, b.name));
    return [...broken, ...breakdowns, ...(this.restless ? [this.restless] : [])];
  }

  /** The first of each capsule. That of a test is told as its invariant. */
  private note({ to, outcome, message = '', event }: DeliveryRecord, frame: number): void {
    if (this.tests.has(to) || this.breakdowns.has(to)) return;
    const found = `${outcome}: ${message}`;
    const expected = 'no trap and no fault';
    this.breakdowns.set(to, { about: 'breakdown', name: to, expected, found, frame, event });
  }
}

/** An error is an answer, and a capsule may give it. */
function isBreakdown({ outcome }: DeliveryRecord): boolean {
  return outcome === 'trap' || outcome === 'fault';
}
