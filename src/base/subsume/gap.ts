import { canonicalJson } from '../canonical.ts';
import type { JsonValue } from '../json.ts';
import { stated } from './known.ts';
import { type Conjunction, keyword, type Place } from './place.ts';

/** Where one schema takes values that another does not, or may not take as far as can be told. */
export interface Gap {
  /** JSON pointer to the keyword of the other schema that is in the way. */
  readonly pointer: string;
  readonly keyword: string;
  /** What it says there; undefined where the schema itself is `false`. */
  readonly limit: JsonValue | undefined;
  /** What the first says under the same keyword; undefined for nothing. */
  readonly found: JsonValue | undefined;
  /** False when it could not be decided, which counts as a gap. */
  readonly certain: boolean;
}

/** The gap that a keyword of the wide schema leaves. */
export function gapAt(places: Conjunction, wide: Place, name: string, certain: boolean): Gap {
  const [found] = stated(places, name);
  return {
    pointer: `${wide.pointer}/${name}`,
    keyword: name,
    limit: keyword(wide, name),
    found,
    certain,
  };
}

/** A gap between two versions of one schema in words, as `/properties/n/maximum was 9 and is 20`. */
export function changeText({ pointer, limit, found, certain }: Gap, firstIsLater: boolean): string {
  const [other, first] = [shown(limit), found === undefined ? 'nothing' : shown(found)];
  const [was, is] = firstIsLater ? [other, first] : [first, other];
  return `${pointer || 'the schema'} was ${was} and is ${is}${certain ? '' : UNCERTAIN}`;
}

const UNCERTAIN = ' (vnes cannot tell whether one follows from the other)';

/** A gap in words, as `/properties/n/maximum is 9, against 20`. */
export function gapText({ pointer, limit, found, certain }: Gap): string {
  const values = `is ${shown(limit)}, against ${found === undefined ? 'nothing' : shown(found)}`;
  return `${pointer || 'the schema'} ${values}${certain ? '' : UNCERTAIN}`;
}

const SHOWN = 120;

function shown(value: JsonValue | undefined): string {
  const text = value === undefined ? 'false' : canonicalJson(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
