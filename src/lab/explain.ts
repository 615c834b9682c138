import { Failure } from '../base/diagnostic.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import type { BusEvent } from '../capsule/event.ts';
import { readJournal } from '../store/read.ts';
import type { FrameRecord } from '../store/record.ts';
import type { Divergence } from './divergence.ts';
import { differencesBetween, type ValueDifference } from './json-difference.ts';

/** A line of a capsule's sources. */
export interface SourcePlace {
  readonly capsule: string;
  /** Below the capsule's folder. */
  readonly file: string;
  readonly line: number;
}

/** A divergence with what helps to understand it. */
export interface ExplainedDivergence extends Divergence {
  /** Where within the two values they differ. */
  readonly differences: readonly ValueDifference[];
  /** Where in the capsule's sources it broke down, where its trap tells that. */
  readonly source?: SourcePlace;
  /** The events up to the one whose delivery went otherwise, the latest last. */
  readonly before: readonly BusEvent[];
}

/** `impl/src/main.py:12 in run` in Python, `impl/src/main.ts:12:5` in AssemblyScript and Rust. */
const FRAME = /\b(impl\/[^\s:"]+\.(?:py|ts|rs)):([0-9]+)(?: in |:[0-9]+)/g;
const EVENTS_BEFORE = 10;
const DIFFERENCES = 10;

/** Adds what led to a divergence in the recording in `dir`. `recent` are events up to it that are at hand. */
export function explainDivergence(
  divergence: Divergence,
  dir: string,
  recent?: RecentEvents,
): ExplainedDivergence {
  const { recorded, actual, event } = divergence;
  const source = sourceIn(divergence);
  return {
    ...divergence,
    ...(source ? { source } : {}),
    differences: differencesBetween(statedValue(recorded), statedValue(actual), DIFFERENCES),
    before: lastEvents(dir, event, recent),
  };
}

/** The innermost frame in the capsule's own code, as an interpreter or a panic tells it in the message of a trap. */
function sourceIn({ what, capsule, recorded, actual }: Divergence): SourcePlace | undefined {
  if (what !== 'outcome') return undefined;
  const trapped = [actual, recorded].find(text => text?.includes('"outcome":"trap"'));
  const frame = [...(trapped ?? '').matchAll(FRAME)].at(-1);
  return frame && { capsule, file: frame[1]!, line: Number(frame[2]) };
}

/** The value that a text states; the text itself where it is no JSON, such as a root. */
export function statedValue(text: string | undefined): JsonValue | undefined {
  if (text === undefined) return undefined;
  try {
    return parseJson(text, { file: 'the effect' });
  } catch (error) {
    if (error instanceof Failure) return text;
    throw error;
  }
}

/** The last events up to one, the latest last: from `recent`, if it stands there with as many before it. */
function lastEvents(dir: string, event: number, recent: RecentEvents | undefined): readonly BusEvent[] {
  const known = lastUpTo(event, recent?.lists() ?? []);
  const enough = known.length === EVENTS_BEFORE || known[0]?.seq === 0;
  return enough && known.at(-1)?.seq === event ? known : lastUpTo(event, recordedEvents(dir));
}

/** The last of events that stand in their order in several lists, up to one. */
function lastUpTo(event: number, lists: Iterable<readonly BusEvent[]>): readonly BusEvent[] {
  let last: readonly BusEvent[] = [];
  for (const events of lists) {
    const before = events.filter(({ seq }) => seq <= event);
    last = [...last, ...before.slice(-EVENTS_BEFORE)].slice(-EVENTS_BEFORE);
    if (last.at(-1)?.seq === event) break;
  }
  return last;
}

function* recordedEvents(dir: string): Generator<readonly BusEvent[], void> {
  for (const { record } of readJournal(dir)) {
    if (record.type === 'frame') yield* [record.ingress, record.published];
  }
}

/** The last events of a replay, at hand when a divergence is to be explained. */
export class RecentEvents {
  private last: readonly BusEvent[] = [];
  private frame: FrameRecord | undefined;

  /** Takes the next frame that agreed. */
  add({ ingress, published }: FrameRecord): void {
    this.last = [...this.last, ...ingress.slice(-EVENTS_BEFORE), ...published.slice(-EVENTS_BEFORE)].slice(
      -EVENTS_BEFORE,
    );
  }

  /** Takes the frame that did not. */
  end(frame: FrameRecord | undefined): this {
    this.frame = frame;
    return this;
  }

  /** In their order. */
  lists(): readonly (readonly BusEvent[])[] {
    return [this.last, this.frame?.ingress ?? [], this.frame?.published ?? []];
  }
}
