import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { compareCodeUnits } from '../base/order.ts';
import { Texted } from '../base/texted.ts';
import { EMPTY_LOG_ROOT, extendLogRootBy } from '../bus/root.ts';
import { STRATEGY_TOPIC, strategyIn } from '../bus/steering.ts';
import type { BusEvent, Outcome } from '../capsule/event.ts';
import type { StateTable } from '../state/memory.ts';
import type { Decision, FrameRecord } from '../store/record.ts';
import { befallen } from './befallen.ts';
import type { Network } from './binding.ts';
import { CALM, type Conditions } from './conditions/conditions.ts';
import { type Fated, fated, isMade, mishaps } from './conditions/fates.ts';
import type { Foresight } from './foresight.ts';
import { type CommitContext, composeFrame, type Handled } from './frame.ts';
import { Health } from './health.ts';
import type { IngressEvent } from './ingress.ts';
import { type Due, Mailboxes } from './mailboxes.ts';
import { Past } from './past.ts';
import { Performer, type Seat } from './performer.ts';
import { requireOk } from './require-ok.ts';
import { Sequencer } from './sequencer.ts';
import type { Standing } from './standing.ts';
import type { Timing } from './timing.ts';

/** Frames in which no input came and no less waited, after which a network is taken to chase its own tail. */
const MAX_IDLE_FRAMES = 10_000;

/** What stands in a frame's record besides what comes of its deliveries. */
type Given = Pick<CommitContext, 'frame' | 'ingress' | 'decisions' | 'figures'>;

/** What both runs and replays ask of a recording's frames: a function from input events to one record. */
export class Kernel {
  readonly state: StateTable;
  private readonly sequencer: Sequencer;
  private readonly health: Health;
  private readonly mailboxes: Mailboxes;
  private readonly network: Network;
  private readonly performer: Performer;
  /** The frame's start, where outcomes are foreseen. */
  private past: Past | undefined;
  private foresight: Foresight | undefined;
  /** What may befall deliveries. */
  readonly conditions: Conditions;
  private pending: readonly BusEvent[];
  private frames: number;
  private idleFrames: number;
  /** The least that waited since the last input. */
  private leastWaiting: number;
  private root: Digest;

  /** @param from where another kernel stood, to go on from there; the state is what it was there */
  constructor(
    network: Network,
    state: StateTable,
    seats: ReadonlyMap<string, Seat>,
    timing: Timing,
    {
      conditions = CALM,
      from,
    }: { readonly conditions?: Conditions | undefined; readonly from?: Standing | undefined } = {},
  ) {
    this.network = network;
    this.state = state;
    this.mailboxes = new Mailboxes(network, conditions, from);
    this.performer = new Performer(network, seats, timing, strategy => this.mailboxes.steers(strategy));
    this.conditions = conditions;
    this.sequencer = new Sequencer(topic => network.catalog.topic(topic).partitions, from);
    this.health = new Health(from?.health);
    this.pending = from?.pending ?? [];
    this.frames = from?.frames ?? 0;
    this.idleFrames = from?.idle.frames ?? 0;
    this.leastWaiting = from?.idle.least ?? Number.POSITIVE_INFINITY;
    this.root = from?.logRoot ?? EMPTY_LOG_ROOT;
  }

  /** Where it stands between two frames. */
  standing(): Standing {
    const least = Number.isFinite(this.leastWaiting) ? this.leastWaiting : null;
    return {
      frames: this.frames,
      ...this.sequencer.standing(),
      logRoot: this.root,
      pending: this.pending,
      ...this.mailboxes.standing(),
      health: this.health.standing(),
      idle: { frames: this.idleFrames, least },
    };
  }

  /** Whether events wait for delivery. */
  get busy(): boolean {
    return this.pending.length + this.mailboxes.size > 0;
  }

  get frameCount(): number {
    return this.frames;
  }

  get eventCount(): number {
    return this.sequencer.count;
  }

  /** Rolling digest over all events so far: equal inputs and equal capsules give equal roots. */
  get logRoot(): Digest {
    return this.root;
  }

  /** Makes every instance anew; each `init` sees the state as it is. @throws Failure VNES6002 */
  async renew(): Promise<void> {
    this.performer.reset();
    await Promise.all(
      [...this.performer.seats].map(async ([id, { instance }]) => requireOk(id, await instance.renew())),
    );
  }

  /** From now on outcomes are foreseen, or no longer. No sandbox may be at work. */
  foresee(foresight: Foresight | undefined): void {
    this.foresight = foresight;
    this.past = foresight && new Past(this.state);
    this.performer.reset();
  }

  /** How many of these events, from the first on, the next frame may take: those that wait hold back more. */
  room(input: readonly IngressEvent[]): number {
    const taken = input.slice(0, this.conditions.intake(input));
    const fitting = this.mailboxes.room(taken.map(({ topic }) => topic));
    return this.busy ? fitting : Math.max(1, fitting);
  }

  /**
   * Runs one superstep: everything that was published in the frame before, and the given input, is delivered, as far as the
   * subscriptions take it; what that publishes waits for the next frame. The caller makes the record durable before
   * it takes the next one for true.
   *
   * @throws Failure VNES5xxx when a sandbox died, VNES6003 when the network never comes to rest.
   */
  async frame(input: readonly IngressEvent[]): Promise<FrameRecord> {
    this.guardAgainstEndlessRun(input.length);
    const frame = this.frames;
    const ingress = input.map(event => this.sequencer.place(event, null, Texted.of(event, event.payload)));
    for (const event of ingress) this.conditions.placed(event);
    this.mailboxes.put([...this.pending, ...ingress], frame);
    const { due, decisions: relief, figures } = this.mailboxes.take(frame);
    const all = fated(due, this.conditions, this.network.tests);
    const delivering = this.deliver(all, frame);
    // While the sandboxes work.
    this.root = extendLogRootBy(this.root, ingress);
    const { handled, decisions: breakdowns } = await delivering;
    const steering = this.steer(handled);
    const decisions = [...relief, ...mishaps(all), ...breakdowns, ...steering, ...this.mailboxes.pressure()];
    const record = this.compose(handled, { frame, ingress, decisions, figures });
    this.commit(record);
    return record;
  }

  /** Puts the frame's record together; whoever foresaw its outcomes can have it put together from others. */
  private compose(handled: readonly Handled[], given: Given): FrameRecord {
    const { sequencer, state, root, past } = this;
    const events = sequencer.count;
    const record = composeFrame(handled, {
      ...given,
      sequencer,
      number: drafts => state.number(drafts),
    });
    if (past)
      this.foresight?.composed(record, finished => {
        const due = handled.map(each => each.due);
        const told = composeFrame(this.inOrder(due, finished), {
          ...given,
          sequencer: this.sequencer.at({ events, offsets: past.offsets(this.sequencer.standing().offsets) }),
          number: drafts => past.number(drafts),
        });
        return {
          record: told,
          seal: () => ({
            type: 'seal',
            frames: told.frame + 1,
            events: events + told.published.length,
            logRoot: extendLogRootBy(root, told.published),
            stateRoot: past.rootAfter(told.writes),
          }),
        };
      });
    return record;
  }

  private guardAgainstEndlessRun(inputs: number): void {
    const waiting = this.pending.length + this.mailboxes.size;
    const progress = inputs > 0 || waiting < this.leastWaiting;
    this.leastWaiting = inputs > 0 ? Number.POSITIVE_INFINITY : Math.min(waiting, this.leastWaiting);
    this.idleFrames = progress ? 0 : this.idleFrames + 1;
    if (this.idleFrames <= MAX_IDLE_FRAMES) return;
    fail('VNES6003', 'the capsules keep publishing to each other without any input', {
      expected: `rest within ${MAX_IDLE_FRAMES} frames after the last input`,
      help: 'look at the end of the log for the topics that feed each other: vnes bus log DIR',
    });
  }

  private async deliver(all: readonly Fated[], frame: number) {
    for (const { due, fate } of all) if (fate === 'postponed') this.mailboxes.putBack(due);
    const made = all.filter(isMade);
    const batches = Map.groupBy(all, ({ due }) => due.delivery.subscriber);
    const skipped = new Set([...batches.keys()].filter(name => this.health.isSuspended(name)));
    const running = [...batches].filter(([name]) => !skipped.has(name));
    const finished = new Map(
      await Promise.all(
        running.map(async ([name, batch]) => [name, await this.outcomesOf(name, batch, frame)] as const),
      ),
    );
    const handled = this.inOrder(
      made.map(({ due }) => due),
      finished,
    );
    for (const [index, { again, due }] of handled.entries())
      if (again || made[index]!.fate === 'repeated') this.mailboxes.again(due);
    return { handled, decisions: [...this.befallen(finished.keys()), ...this.decide(finished)] };
  }

  /** Does what policies decided, in the order of their deliveries; it shows from the next frame on. */
  private steer(handled: readonly Handled[]): Decision[] {
    return handled.flatMap(({ due, outcome }) => {
      if (outcome.kind !== 'ok') return [];
      const chosen = outcome.effects.published.filter(({ topic }) => topic === STRATEGY_TOPIC);
      return chosen.flatMap(({ payload }) =>
        this.mailboxes.steer(strategyIn(payload), due.delivery.subscriber),
      );
    });
  }

  private async outcomesOf(
    name: string,
    batch: readonly Fated[],
    frame: number,
  ): Promise<readonly Outcome[]> {
    const { foresight, past, performer } = this;
    const perform = (foreseen?: readonly Outcome[]) => performer.perform(name, batch, frame, past, foreseen);
    if (!foresight) return perform();
    const due = batch.filter(isMade).map(each => each.due);
    return foresight.foresee({
      capsule: name,
      due,
      perform,
      objection: effects => performer.objection(name, effects),
    });
  }

  private inOrder(due: readonly Due[], finished: ReadonlyMap<string, readonly Outcome[]>): Handled[] {
    const next = new Map<string, number>();
    return due.map(each => {
      const { subscriber } = each.delivery;
      const outcomes = finished.get(subscriber);
      // A suspended capsule stays so: another attempt would only wait for ever.
      if (!outcomes)
        return { due: each, outcome: { kind: 'skipped', message: 'the capsule is suspended' }, again: false };
      const index = next.get(subscriber) ?? 0;
      next.set(subscriber, index + 1);
      const outcome = outcomes[index]!;
      return { due: each, outcome, again: outcome.kind !== 'ok' && each.more };
    });
  }

  private befallen(names: Iterable<string>): Decision[] {
    const asked = [...names].map(
      name => [name, this.performer.seats.get(name)!.instance.befell?.() ?? []] as const,
    );
    return asked
      .filter(([, mishaps]) => mishaps.length > 0)
      .sort(([a], [b]) => compareCodeUnits(a, b))
      .flatMap(([name, mishaps]) => befallen(name, mishaps));
  }

  private decide(finished: ReadonlyMap<string, readonly Outcome[]>): Decision[] {
    return [...finished]
      .sort(([a], [b]) => compareCodeUnits(a, b))
      .flatMap(([name, outcomes]) => this.health.observe(name, outcomes) ?? []);
  }

  private commit(record: FrameRecord): void {
    this.past = this.past?.commit(record);
    this.state.apply(record.writes);
    // What is foreseen is handled later, by a state of its own.
    if (!this.foresight) this.performer.reset();
    for (const event of record.published) this.conditions.placed(event);
    this.root = extendLogRootBy(this.root, record.published);
    this.pending = record.published;
    this.frames += 1;
  }
}
