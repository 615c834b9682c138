import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { decodeUtf8, type JsonValue } from '../base/json.ts';
import { type IngressLine, isBlank, parseIngressLine } from './ingress-line.ts';

/** An event from outside, before the bus has given it its place. */
export interface IngressEvent {
  readonly topic: string;
  /** Virtual time in milliseconds since the Unix epoch. */
  readonly time: number;
  readonly key: string | null;
  readonly payload: JsonValue;
  /** `ingress`, or `kernel` for the tick of a schedule. */
  readonly source: string;
  /** What the sender calls it. */
  readonly id?: string;
}

/** Tells what is wrong with a payload on a topic; empty when nothing is. */
export type TopicCheck = (topic: string, payload: JsonValue) => readonly string[];

/** What a run has taken before this input. */
export interface Before {
  /** The time of the last event. */
  readonly time: number;
  readonly ids: ReadonlySet<string>;
}

const NOTHING: Before = { time: 0, ids: new Set() };

/** The most problems that one report names. */
const MAX_REPORTED = 20;

/**
 * Reads NDJSON input and checks every line before any event is let in: an input is taken whole or not at all. Empty lines
 * are passed over, and so are events that were taken `before` under the same id.
 *
 * @throws Failure VNES1101 to VNES1104 and 100x, naming the bad lines.
 */
export function parseIngress(
  bytes: Uint8Array,
  file: string,
  check: TopicCheck,
  before: Before = NOTHING,
): IngressEvent[] {
  const reader = new IngressReader(file, check, before);
  let number = 0;
  for (const line of linesOf(bytes)) {
    number += 1;
    reader.read(decodeUtf8(line, file), number);
  }
  return reader.finish();
}

/** The lines one by one: of a large input, the whole text is never held in memory beside its bytes. */
function* linesOf(bytes: Uint8Array): Generator<Uint8Array, void> {
  const NEWLINE = 0x0a;
  let from = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
    yield bytes.subarray(from, end);
    from = end + 1;
  }
  yield bytes.subarray(from);
}

class IngressReader {
  private readonly events: IngressEvent[] = [];
  private readonly problems: Diagnostic[] = [];
  private readonly lineOfId = new Map<string, number>();
  private time: number;
  private readonly file: string;
  private readonly check: TopicCheck;

  private readonly taken: ReadonlySet<string>;

  constructor(file: string, check: TopicCheck, before: Before) {
    this.file = file;
    this.check = check;
    this.time = before.time;
    this.taken = before.ids;
  }

  read(text: string, line: number): void {
    if (isBlank(text)) return;
    try {
      const fields = parseIngressLine(text, this.file);
      if (fields.id !== undefined && this.taken.has(fields.id)) return;
      const problem = this.objection(fields, line);
      if (problem) this.problems.push(problem);
      else this.accept(fields, line);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.problems.push(...error.diagnostics.map(found => ({ ...found, place: { ...found.place, line } })));
    }
  }

  /** All events. @throws Failure when any line was bad. */
  finish(): IngressEvent[] {
    const [first, ...more] = this.problems;
    if (!first) return this.events;
    const shown = more.slice(0, MAX_REPORTED - 1);
    const hidden = more.length - shown.length;
    const rest =
      hidden > 0 ? [diagnose('VNES1101', `${hidden} more problems`, { place: { file: this.file } })] : [];
    throw new Failure(first, ...shown, ...rest);
  }

  /** What speaks against a line that is well formed. */
  private objection(
    { topic, payload, time = this.time, id }: IngressLine,
    line: number,
  ): Diagnostic | undefined {
    const place = { file: this.file, line };
    if (time < this.time) {
      return diagnose('VNES1103', 'an input line goes back in time', {
        place,
        expected: `at least ${this.time}, the time of what came before`,
        found: String(time),
        help: 'sort the input by time',
      });
    }
    const twin = id === undefined ? undefined : this.lineOfId.get(id);
    if (twin !== undefined) {
      const found = `${JSON.stringify(id)} on lines ${twin} and ${line}`;
      return diagnose('VNES1104', 'an event id occurs twice', { place, expected: 'each id once', found });
    }
    const wrong = this.check(topic, payload);
    if (wrong.length === 0) return undefined;
    return diagnose('VNES1102', `an input line does not fit the topic ${topic}`, {
      place,
      expected: 'a payload that obeys the schema of a topic that a capsule takes',
      found: wrong.join('; '),
      help: 'correct the line, or the schema that the topic is declared with',
    });
  }

  private accept({ topic, payload, time = this.time, key = null, id }: IngressLine, line: number): void {
    if (id !== undefined) this.lineOfId.set(id, line);
    this.time = time;
    const named = id === undefined ? {} : { id };
    this.events.push({ topic, time, key, payload, source: 'ingress', ...named });
  }
}
