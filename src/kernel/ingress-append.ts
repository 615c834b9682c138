import { canonicalJson } from '../base/canonical.ts';
import { fail } from '../base/diagnostic.ts';
import { decodeUtf8, type JsonObject } from '../base/json.ts';
import { parseIngress, type TopicCheck } from './ingress.ts';
import { type IngressLine, isBlank, parseIngressLine } from './ingress-line.ts';

/** What is to be done to an input so that it holds some events more. */
export interface Addition {
  /** Bytes to put at its end; empty when it holds all of them already. */
  readonly text: string;
  readonly added: number;
  /** Events whose id the input held already, with the same content. */
  readonly known: number;
  /** Events that the input holds then. */
  readonly total: number;
}

export interface InputFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Adds events to an input, as canonical JSON lines. An event whose id is there with the same content is not added again, so whoever does
 * not know whether it was may try again. An event without a time gets `now`, or the time of the last line where that is later. The input
 * that results is one that `run` takes: all of it is checked.
 * @throws Failure VNES1104 for an id that is there with other content, VNES110x and 100x for bad lines, old ones or new ones.
 */
export function addEvents(
  input: InputFile,
  events: readonly IngressLine[],
  { check, now }: { readonly check: TopicCheck; readonly now: number },
): Addition {
  const lines = linesOf(input);
  const byId = new Map(lines.flatMap(line => (line.id === undefined ? [] : [[line.id, line] as const])));
  let time = lines.reduce((latest, line) => line.time ?? latest, 0);
  const added: string[] = [];
  let known = 0;
  for (const event of events) {
    const twin = event.id === undefined ? undefined : byId.get(event.id);
    if (twin) {
      refuseOther(event, twin, input.name);
      known += 1;
      continue;
    }
    const line = { ...event, time: event.time ?? Math.max(now, time) };
    time = line.time;
    if (line.id !== undefined) byId.set(line.id, line);
    added.push(`${canonicalJson(line as unknown as JsonObject)}\n`);
  }
  // The last line may lack its end when a person wrote it.
  const open = input.bytes.length > 0 && input.bytes.at(-1) !== 0x0a && added.length > 0;
  const text = `${open ? '\n' : ''}${added.join('')}`;
  const all = parseIngress(Buffer.concat([input.bytes, Buffer.from(text)]), input.name, check);
  return { text, added: added.length, known, total: all.length };
}

/** The lines of an input that are not empty. @throws Failure VNES1101, 100x */
export function linesOf({ name, bytes }: InputFile): readonly IngressLine[] {
  // Whole and in its order it is checked by parseIngress; this is for what that does not give.
  const lines = decodeUtf8(bytes, name).split('\n');
  if (bytes.length > 0) parseIngress(bytes, name, () => []);
  return lines.filter(line => !isBlank(line)).map(line => parseIngressLine(line, name));
}

function refuseOther(event: IngressLine, twin: IngressLine, file: string): void {
  const content = ({ topic, payload, key = null }: IngressLine) => canonicalJson({ topic, payload, key });
  const later = event.time !== undefined && event.time !== twin.time;
  if (content(event) === content(twin) && !later) return;
  fail('VNES1104', `the input has another event under the id ${JSON.stringify(event.id)}`, {
    place: { file },
    expected: 'the same event again, or an id of its own',
    found: canonicalJson(twin as unknown as JsonObject),
    help: 'give the event another id',
  });
}
