import { setImmediate } from 'node:timers/promises';
import type { JsonValue } from '../base/json.ts';
import { sameJson } from '../base/same-json.ts';
import type { Effects, Outcome } from '../capsule/event.ts';
import { mishapsIn } from '../kernel/befallen.ts';
import type { Foresight, Retell, Work } from '../kernel/foresight.ts';
import { frameText } from '../store/frame-text.ts';
import type { Unproven } from '../store/read.ts';
import type { FrameRecord, SealRecord } from '../store/record.ts';
import { type Divergence, firstDivergence } from './divergence.ts';
import { type Foretold, foretoldBy } from './foretold.ts';
import type { Reconcile } from './held.ts';

/** Deliveries that a kernel is ahead of the sandboxes at most, unless a single frame has more. */
const MOST_AHEAD = 512;

/** A frame that the kernel has done and the sandboxes may not have. */
interface Underway {
  readonly recorded: FrameRecord;
  readonly unproven: Unproven | undefined;
  readonly foretold: ReadonlyMap<string, readonly Foretold[]>;
  /** By capsule, how its deliveries end; undefined where that is what was foretold. */
  readonly work: Map<string, Promise<readonly Outcome[] | undefined>>;
  /** What was taken for true, by capsule. */
  readonly taken: Map<string, readonly Outcome[]>;
  /** What the kernel put together. */
  composed?: { readonly record: FrameRecord; readonly retell: Retell };
  /** Whether that is another record. */
  disputed: boolean;
}

/** Where a replay stops to be what was recorded. */
export interface Stop {
  readonly divergence: Divergence;
  /** The frame as it was recorded. */
  readonly recorded: FrameRecord;
  /** What the kernel would have ended with. */
  readonly seal: SealRecord;
}

/**
 * Lets a kernel go on by what a recording says, while each sandbox works through its deliveries behind it, and holds what they do against
 * that. Frames are judged in their order, so the first that differs is the first that would have differed one at a time: it is put
 * together again from what its capsules did.
 */
export class Lookahead implements Foresight {
  private readonly reconcile: ReadonlyMap<string, Reconcile | undefined>;
  private readonly onAgreed: (record: FrameRecord) => void;
  private readonly underway: Underway[] = [];
  private ahead = 0;
  /** Of each capsule the work before. */
  private readonly last = new Map<string, Promise<unknown>>();
  private stopped = false;

  /**
   * @param reconcile of the capsules that are executed, what decides besides the bytes; of others nothing is foreseen
   * @param onAgreed told of each frame that agrees, in order
   */
  constructor(
    reconcile: ReadonlyMap<string, Reconcile | undefined>,
    onAgreed: (record: FrameRecord) => void,
  ) {
    this.reconcile = reconcile;
    this.onAgreed = onAgreed;
  }

  /** The frame that the kernel does next. */
  begin(recorded: FrameRecord, unproven?: Unproven): void {
    // Where nothing is executed, nobody asks; what befell sandboxes is lived through again, and not foreseen.
    const known = this.reconcile.size > 0 && mishapsIn(recorded.decisions).length === 0;
    const foretold = known ? foretoldBy(recorded) : new Map();
    this.underway.push({ recorded, unproven, foretold, work: new Map(), taken: new Map(), disputed: false });
    this.ahead += recorded.deliveries.length;
  }

  foresee(work: Work): readonly Outcome[] | Promise<readonly Outcome[]> {
    const { capsule } = work;
    const frame = this.underway.at(-1)!;
    if (!this.reconcile.has(capsule)) return this.fed(work, frame);
    const foretold = outcomesFor(work, frame.foretold.get(capsule) ?? []);
    const done = this.enqueue(work, foretold);
    if (!foretold) return this.performed(work, frame, done);
    frame.taken.set(capsule, foretold);
    const judged = done.then(actual => this.otherThan(foretold, actual, capsule));
    judged.catch(() => {});
    frame.work.set(capsule, judged);
    return foretold;
  }

  composed(record: FrameRecord, retell: Retell): void {
    const frame = this.underway.at(-1)!;
    frame.composed = { record, retell };
    const { recorded, unproven } = frame;
    const agrees = unproven ? unproven.text === frameText(record) : sameJson(json(recorded), json(record));
    frame.disputed = !agrees;
  }

  /** Judges the oldest frames, until no more are underway than should be; a frame in dispute is never gone past. */
  async catchUp(): Promise<Stop | undefined> {
    if (this.underway.at(-1)?.disputed) return this.settle();
    // Sandboxes are given more only when their answers are heard.
    await setImmediate();
    while (this.ahead > MOST_AHEAD && this.underway.length > 1) {
      const stop = await this.judge();
      if (stop) return stop;
    }
    return undefined;
  }

  /** Judges all frames. */
  async settle(): Promise<Stop | undefined> {
    while (this.underway.length > 0) {
      const stop = await this.judge();
      if (stop) return stop;
    }
    return undefined;
  }

  /** Forgets the frame that the kernel could not do. */
  abandon(): void {
    this.ahead -= this.underway.pop()?.recorded.deliveries.length ?? 0;
  }

  private async judge(): Promise<Stop | undefined> {
    const frame = this.underway.shift()!;
    this.ahead -= frame.recorded.deliveries.length;
    try {
      const stop = await stopIn(frame);
      if (stop) this.end();
      else this.onAgreed(frame.recorded);
      return stop;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  private async fed({ capsule, perform }: Work, { taken }: Underway): Promise<readonly Outcome[]> {
    const outcomes = await perform();
    taken.set(capsule, outcomes);
    return outcomes;
  }

  /** Whatever comes after the frame that was judged last says nothing any more. */
  private end(): void {
    this.stopped = true;
    this.underway.length = 0;
  }

  /** Nothing is known of these deliveries, so the kernel waits for them. */
  private async performed(
    { capsule, due }: Work,
    frame: Underway,
    done: Promise<readonly Outcome[]>,
  ): Promise<readonly Outcome[]> {
    const actual = await done;
    const reconcile = this.reconcile.get(capsule);
    const foretold = new Map(
      foretoldBy(frame.recorded)
        .get(capsule)
        ?.map(each => [each.event, each.outcome]),
    );
    const outcomes = actual.map((outcome, index) => {
      const recorded = foretold.get(due[index]!.delivery.event.seq);
      return reconcile && recorded ? reconcile(recorded, outcome) : outcome;
    });
    frame.taken.set(capsule, outcomes);
    return outcomes;
  }

  private enqueue({ capsule, perform }: Work, foretold?: readonly Outcome[]): Promise<readonly Outcome[]> {
    const done = (this.last.get(capsule) ?? Promise.resolve()).then(() =>
      this.stopped ? [] : perform(foretold),
    );
    done.catch(() => {});
    this.last.set(capsule, done);
    return done;
  }

  private otherThan(
    foretold: readonly Outcome[],
    actual: readonly Outcome[],
    capsule: string,
  ): readonly Outcome[] | undefined {
    const reconcile = this.reconcile.get(capsule);
    const found = reconcile ? actual.map((outcome, index) => reconcile(foretold[index]!, outcome)) : actual;
    const same =
      found.length === foretold.length && found.every((outcome, index) => isSame(outcome, foretold[index]!));
    return same ? undefined : found;
  }
}

/** What a recording says of these very deliveries; undefined where it says nothing, or what the kernel would not let pass. */
function outcomesFor(
  { due, objection }: Work,
  foretold: readonly Foretold[],
): readonly Outcome[] | undefined {
  if (foretold.length !== due.length) return undefined;
  const outcomes: Outcome[] = [];
  for (const [index, { event, outcome }] of foretold.entries()) {
    if (event !== due[index]!.delivery.event.seq) return undefined;
    if (outcome.kind === 'ok' && objection(outcome.effects) !== undefined) return undefined;
    outcomes.push(outcome);
  }
  return outcomes;
}

async function stopIn({
  recorded,
  unproven,
  work,
  taken,
  composed,
  disputed,
}: Underway): Promise<Stop | undefined> {
  if (disputed) unproven?.prove();
  let differs = disputed;
  const finished = new Map(taken);
  for (const [capsule, judged] of work) {
    const other = await judged;
    if (!other) continue;
    differs = true;
    finished.set(capsule, other);
  }
  if (!differs) return undefined;
  const { record, seal } = composed!.retell(finished);
  const divergence =
    firstDivergence(recorded, record) ?? (disputed ? firstDivergence(recorded, composed!.record) : undefined);
  return divergence && { divergence, recorded, seal: seal() };
}

function isSame(a: Outcome, b: Outcome): boolean {
  if (a === b) return true;
  if (a.kind !== 'ok' || b.kind !== 'ok')
    return a.kind === b.kind && 'message' in a && 'message' in b && a.message === b.message;
  return haveSame(a.effects, b.effects);
}

function haveSame(a: Effects, b: Effects): boolean {
  return (
    a.published.length === b.published.length &&
    a.writes.length === b.writes.length &&
    a.logs.length === b.logs.length &&
    a.published.every((event, index) => isSameEvent(event, b.published[index]!)) &&
    a.writes.every((write, index) => isSameWrite(write, b.writes[index]!)) &&
    a.logs.every(({ level, message }, index) => {
      const other = b.logs[index]!;
      return level === other.level && message === other.message;
    })
  );
}

type Published = Effects['published'][number];
type Write = Effects['writes'][number];

function isSameEvent(a: Published, b: Published): boolean {
  return a.topic === b.topic && a.key === b.key && sameJson(a.payload, b.payload);
}

function isSameWrite(a: Write, b: Write): boolean {
  return a.key === b.key && sameJson(a.value, b.value);
}

/** Records are JSON by construction. */
function json(record: FrameRecord): JsonValue {
  return record as unknown as JsonValue;
}
