import { canonicalJson } from '../base/canonical.ts';
import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { compareCodeUnits } from '../base/order.ts';
import { EMPTY_LOG_ROOT, extendLogRootBy } from '../bus/root.ts';
import { STRATEGY_TOPIC, strategyIn } from '../bus/steering.ts';
import type { BusEvent, Effects, Outcome } from '../capsule/event.ts';
import type { Instance } from '../sandbox/contract.ts';
import type { StateTable } from '../state/memory.ts';
import type { Decision, FrameRecord } from '../store/record.ts';
import { type FrameView, runBatch } from './batch.ts';
import { befallen } from './befallen.ts';
import type { Network } from './binding.ts';
import { CALM, type Conditions } from './conditions/conditions.ts';
import { type Fated, fated, isMade, mishaps, pieces } from './conditions/fates.ts';
import { composeFrame, type Handled } from './frame.ts';
import { Health } from './health.ts';
import type { IngressEvent } from './ingress.ts';
import { type Due, Mailboxes } from './mailboxes.ts';
import { requireOk } from './require-ok.ts';
import { Sequencer } from './sequencer.ts';
import type { Standing } from './standing.ts';
import type { Timing } from './timing.ts';

/** Frames in which no input came and no less waited, after which a network is taken to chase its own tail. */
const MAX_IDLE_FRAMES = 10_000;

/** An instance and the state as it sees it. */
export interface Seat {
  readonly instance: Instance;
  readonly view: FrameView;
}

/** What both runs and replays ask of a recording's frames: a function from input events to one record. */
export class Kernel {
  readonly state: StateTable;
  private readonly sequencer: Sequencer;
  private readonly health: Health;
  private readonly mailboxes: Mailboxes;
  private readonly network: Network;
  private readonly seats: ReadonlyMap<string, Seat>;
  private readonly timing: Timing;
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
    this.seats = seats;
    this.mailboxes = new Mailboxes(network, conditions, from);
    this.timing = timing;
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
    await Promise.all(
      [...this.seats].map(async ([id, { instance }]) => requireOk(id, await instance.renew())),
    );
  }

  /** How many of these events, from the first on, the next frame may take: those that wait hold back more. */
  room(input: readonly IngressEvent[]): number {
    const taken = input.slice(0, this.conditions.intake(input));
    const fitting = this.mailboxes.room(taken.map(({ topic }) => topic));
    return this.busy ? fitting : Math.max(1, fitting);
  }

  /**
   * Runs one superstep: everything that was published in the frame before, and the given input, is delivered, as far as the
   * subscriptions take it; what that publishes waits for the next frame. The caller makes the record durable before it calls again.
   *
   * @throws Failure VNES5xxx when a sandbox died, VNES6003 when the network never comes to rest.
   */
  async frame(input: readonly IngressEvent[]): Promise<FrameRecord> {
    this.guardAgainstEndlessRun(input.length);
    const frame = this.frames;
    const ingress = input.map(event => this.sequencer.place({ ...event, cause: null }));
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
    const { sequencer } = this;
    const number = this.state.number.bind(this.state);
    const record = composeFrame(handled, { frame, ingress, decisions, figures, sequencer, number });
    this.commit(record);
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
        running.map(async ([name, batch]) => [name, await this.runOne(name, batch, frame)] as const),
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

  private async runOne(name: string, batch: readonly Fated[], frame: number): Promise<readonly Outcome[]> {
    const pause = this.timing.before(name, frame);
    if (pause) await pause;
    const { instance, view } = this.seats.get(name)!;
    const outcomes: Outcome[] = [];
    for (const piece of pieces(batch)) {
      if (piece[0]?.crash) await instance.renew();
      const deliveries = piece.filter(isMade).map(({ due }) => due.delivery);
      outcomes.push(
        ...(await runBatch(instance, deliveries, view, effects => this.objection(name, effects))),
      );
    }
    return outcomes;
  }

  /** What the bus or the store has against these effects. */
  private objection(capsule: string, effects: Effects): string | undefined {
    for (const { topic, payload } of effects.published) {
      if (!this.network.publishes(capsule, topic))
        return `published on ${topic}, which its manifest does not declare`;
      const [violation] = this.network.catalog.checkPublished(topic, payload, capsule);
      if (!violation && topic === STRATEGY_TOPIC && !this.mailboxes.steers(strategyIn(payload)))
        return `published on ${topic} for a subscription that leaves nothing to a policy: ${canonicalJson(payload)}`;
      if (violation)
        return `published on ${topic} against its schema: ${violation.pointer || '/'} ${violation.message}`;
    }
    for (const { key } of effects.writes) {
      if (!this.network.ownership.mayWrite(capsule, key))
        return `wrote the key ${JSON.stringify(key)}, which it does not own`;
    }
    return undefined;
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
    const asked = [...names].map(name => [name, this.seats.get(name)!.instance.befell?.() ?? []] as const);
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
    this.state.apply(record.writes);
    for (const { view } of this.seats.values()) view.reset();
    for (const event of record.published) this.conditions.placed(event);
    this.root = extendLogRootBy(this.root, record.published);
    this.pending = record.published;
    this.frames += 1;
  }
}
