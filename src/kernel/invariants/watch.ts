import type { Judgement } from '../../base/cel/expression.ts';
import type { FrameRecord, StateWrite } from '../../store/record.ts';
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

export interface Break {
  readonly frame: number;
  /** `seq` of the event: of the delivery, or the last one of the frame. */
  readonly event: number;
  readonly found: string;
  /** It is neither true nor false. */
  readonly undecided?: true;
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

  constructor(watched: readonly Watched[]) {
    this.watched = watched;
    const wholes = watched.filter(({ invariant: { at, text } }) => at === 'end' && looksBack(text));
    this.whole = wholes.length > 0 ? { events: [], deliveries: [] } : undefined;
  }

  /** Whether there is anything to watch for. */
  get idle(): boolean {
    return this.watched.length === 0;
  }

  /** Takes over what was before the first record. What broke there is not known. */
  restore(writes: Iterable<StateWrite>, topics: Readonly<Record<string, number>>): void {
    this.sight.restore(writes, topics);
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

  private judge({ invariant: { name }, judge }: Watched, extent: Extent): void {
    if (!judge || this.breaks.has(name)) return;
    const verdict = judge(this.sight.facts(extent));
    if (verdict === true) return;
    const at = { frame: extent.frame, event: this.lastEvent };
    this.breaks.set(
      name,
      verdict === false
        ? { ...at, found: 'false' }
        : { ...at, found: verdict.undecided, undecided: true as const },
    );
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

/** Whether an expression may ask for the events or deliveries of the whole run. */
function looksBack(text: string): boolean {
  return /\b(events|deliveries)\b/.test(text);
}
