import type { Judgement } from '../../base/cel/expression.ts';
import type { FrameRecord, StateWrite } from '../../store/record.ts';
import type { Break, WatchedSoFar } from '../../store/watched.ts';
import type { Invariant } from './declared.ts';
import { type Extent, type Facts, Sight } from './sight.ts';

/** What became of an invariant in a run. */
export interface InvariantVerdict {
  readonly name: string;
  readonly kind: Invariant['kind'];
  readonly at: Invariant['at'];
  readonly states: string;
  /** Null when it was not asked: it is about the end, and the end was not reached. */
  readonly holds: boolean | null;
  /** Where it broke first. */
  readonly broken?: Break;
}

/** An invariant that can be asked. */
export interface Watched {
  readonly invariant: Invariant;
  /** Absent for a test capsule, whose deliveries speak for it. */
  readonly judge?: (facts: Facts) => Judgement;
}

/** Looks at every frame of a run, and remembers where each invariant broke first. */
export class Watch {
  private readonly watched: readonly Watched[];
  private readonly sight = new Sight();
  private readonly breaks = new Map<string, Break>();
  /** What the invariants of the end see of the whole run; nothing is kept when none of them asks for it. */
  private readonly whole: { events: unknown[]; deliveries: FrameRecord['deliveries'][number][] } | undefined;
  private last: Extent = { frame: 0, time: 0, events: [], deliveries: [] };
  private lastEvent = 0;
  private asked = false;
  /** Whether events and deliveries of the run are missing. */
  private dropped = false;

  constructor(watched: readonly Watched[]) {
    this.watched = watched;
    const wholes = watched.filter(({ invariant: { at, text } }) => at === 'end' && looksBack(text));
    this.whole = wholes.length > 0 ? { events: [], deliveries: [] } : undefined;
  }

  /** Whether there is anything to watch for. */
  get idle(): boolean {
    return this.watched.length === 0;
  }

  /** Takes over what was before the first record: what the state was, how many events there were by topic, and what had broken. */
  restore(
    writes: Iterable<StateWrite>,
    topics: Readonly<Record<string, number>>,
    before?: WatchedSoFar,
  ): void {
    this.sight.restore(writes, topics);
    this.dropped = true;
    if (!before) return;
    const { frame, time, event, broken } = before;
    this.last = { frame, time, events: [], deliveries: [] };
    this.lastEvent = event;
    for (const [name, where] of Object.entries(broken)) this.breaks.set(name, where);
  }

  /** What has broken so far, by the names of the invariants. */
  get broken(): WatchedSoFar['broken'] {
    return Object.fromEntries(this.breaks);
  }

  add(record: FrameRecord): void {
    if (this.idle) return;
    this.sight.add(record);
    const events = [...record.ingress, ...record.published];
    const { frame, deliveries } = record;
    // A frame without deliveries states no time, and time does not go back.
    const time = Math.max(this.last.time, record.time);
    this.last = { frame, time, events, deliveries };
    this.lastEvent = events.at(-1)?.seq ?? deliveries.at(-1)?.event ?? this.lastEvent;
    this.whole?.events.push(...events);
    this.whole?.deliveries.push(...deliveries);
    for (const each of this.watched) {
      if (each.invariant.at === 'frame') this.judge(each, this.last);
      if (each.invariant.kind === 'test') this.hear(each.invariant, record);
    }
  }

  /** Asks the invariants of the end. The run is over. */
  end(): void {
    this.asked = true;
    const { frame, time } = this.last;
    const extent = { frame, time, ...(this.whole ?? { events: [], deliveries: [] }) };
    for (const each of this.watched) if (each.invariant.at === 'end') this.judge(each, extent);
  }

  /** In the order in which they were declared. */
  verdicts(): readonly InvariantVerdict[] {
    return this.watched.map(({ invariant: { name, kind, at, text } }) => {
      const broken = this.breaks.get(name);
      const holds = at === 'end' && !this.asked ? null : broken === undefined;
      return { name, kind, at, states: text, holds, ...(broken ? { broken } : {}) };
    });
  }

  private judge({ invariant, judge }: Watched, extent: Extent): void {
    const { name } = invariant;
    if (!judge || this.breaks.has(name)) return;
    const verdict = this.canSee(invariant) ? judge(this.sight.facts(extent)) : BLIND;
    if (verdict === true) return;
    const at = { frame: extent.frame, event: this.lastEvent };
    this.breaks.set(
      name,
      verdict === false
        ? { ...at, found: 'false' }
        : { ...at, found: verdict.undecided, undecided: true as const },
    );
  }

  private canSee({ at, text }: Invariant): boolean {
    return !this.dropped || at === 'frame' || !looksBack(text);
  }

  /** The first thing that a test capsule had to say. What is delivered again has not failed yet. */
  private hear({ name }: Invariant, { frame, deliveries }: FrameRecord): void {
    if (this.breaks.has(name)) return;
    const bad = deliveries.find(({ to, outcome, again }) => to === name && outcome !== 'ok' && !again);
    if (bad) this.breaks.set(name, { frame, event: bad.event, found: said(bad) });
  }
}

function said({ outcome, message = '' }: FrameRecord['deliveries'][number]): string {
  return outcome === 'error' ? message : `${outcome}: ${message}`;
}

const BLIND: Judgement = { undecided: 'events and deliveries of the run were dropped (vnes compact)' };

/** Whether an expression may ask for the events or deliveries of the whole run. */
export function looksBack(text: string): boolean {
  return /\b(events|deliveries)\b/.test(text);
}
