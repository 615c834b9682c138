import { canonicalJson } from '../canonical.ts';
import type { JsonValue } from '../json.ts';
import { obeys } from './assertions.ts';
import { CASES } from './cases.ts';
import { areDisjoint } from './disjoint.ts';
import { type Gap, gapAt } from './gap.ts';
import { kindsOf } from './known.ts';
import { itemsOf, membersOf } from './parts.ts';
import { type Matches, matchesFreely, UntriedPattern } from './pattern.ts';
import {
  type Conjunction,
  conjunctionOf,
  keyword,
  listed,
  type Place,
  referred,
  rootPlace,
  type Schema,
} from './place.ts';

/** Pairs of schemas that one comparison looks at; beyond, it is not decided. */
const MAX_STEPS = 1_000;
/** Schemas that hold at once for one value; likewise. */
const MAX_PLACES = 256;

/** Say nothing about which values are valid (2020-12; `format` is an annotation, as the standard has it). */
const ANNOTATIONS: readonly string[] = [
  '$schema',
  '$id',
  '$defs',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'format',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
];

/** Keywords that mean something only together. They follow from the same group, word for word, and from nothing else. */
const GROUPS: readonly (readonly string[])[] = [
  ['not'],
  ['if', 'then', 'else'],
  ['contains', 'minContains', 'maxContains'],
  ['propertyNames'],
  ['dependentSchemas'],
];

const MEMBERS = 'all members';
const ITEMS = 'all items';

/** Keywords that share one thing out among them are looked at together. */
const SHARED: Readonly<Record<string, string>> = {
  properties: MEMBERS,
  patternProperties: MEMBERS,
  additionalProperties: MEMBERS,
  prefixItems: ITEMS,
  items: ITEMS,
};

/**
 * Why not every value that `narrow` takes is taken by `wide`; nothing when each is. Both are JSON Schemas of 2020-12 that have been
 * compiled, or are comparable (usable.ts). What is found is sound and not complete: nothing found is a proof, and a gap may be one that no value shows.
 */
export function gapsBetween(narrow: Schema, wide: Schema, matches: Matches = matchesFreely): readonly Gap[] {
  if (canonicalJson(narrow) === canonicalJson(wide)) return [];
  try {
    return new Comparison(matches).implied(conjunctionOf(rootPlace(narrow)), rootPlace(wide));
  } catch (error) {
    if (!(error instanceof UntriedPattern)) throw error;
    const limit = error.pattern;
    return [{ pointer: 'a pattern', keyword: 'pattern', limit, found: undefined, certain: false }];
  }
}

class Comparison {
  /** The pairs that are being compared, by how many members and items down they are. */
  private readonly open = new Map<string, number>();
  private depth = 0;
  private steps = 0;
  private readonly matches: Matches;

  constructor(matches: Matches) {
    this.matches = matches;
  }

  /** What values of the conjunction may be in the way of `wide`. */
  implied(places: Conjunction, wide: Place): readonly Gap[] {
    if (wide.schema === true || places.some(({ schema }) => schema === false)) return [];
    if (places.some(place => sameText(place, wide))) return [];
    if (wide.schema === false) return [{ ...gapAt(places, wide, '', true), pointer: wide.pointer }];
    const pair = `${places.map(({ pointer }) => pointer).join('|')} ${wide.pointer}`;
    const before = this.open.get(pair);
    // What a value holds is smaller than the value: so a pair may rest on itself below, and on nothing else.
    if (before !== undefined) return before < this.depth ? [] : [gapAt(places, wide, '$ref', false)];
    this.steps += 1;
    if (this.steps > MAX_STEPS || places.length > MAX_PLACES) return [gapAt(places, wide, '$ref', false)];
    this.open.set(pair, this.depth);
    const gaps = this.directly(places, wide);
    const proven = gaps.length === 0 || this.inEveryCase(places, wide);
    this.open.delete(pair);
    return proven ? [] : gaps;
  }

  /** The same, of what a value holds. */
  private below(pairs: readonly (readonly [Conjunction, Place])[]): readonly Gap[] {
    this.depth += 1;
    const gaps = pairs.flatMap(([places, wide]) => this.implied(places, wide));
    this.depth -= 1;
    return gaps;
  }

  private directly(places: Conjunction, wide: Place): readonly Gap[] {
    const names = new Set(Object.keys(wide.schema).map(name => ownOf(SHARED, name) ?? name));
    return [...names].flatMap(name => this.keyword(name, places, wide));
  }

  /** A conjunction that falls into cases is taken case by case, where the whole does not tell. */
  private inEveryCase(places: Conjunction, wide: Place): boolean {
    return CASES.some(cases => {
      const found = cases(places);
      return found?.every(each => this.implied(each, wide).length === 0);
    });
  }

  private keyword(name: string, places: Conjunction, wide: Place): readonly Gap[] {
    if (ANNOTATIONS.includes(name)) return [];
    const rule = ownOf(this.rules, name);
    if (rule) return rule(places, wide);
    const asserted = obeys(name, keyword(wide, name)!, places, this.matches);
    if (asserted !== undefined) return asserted ? [] : [gapAt(places, wide, name, true)];
    const group = GROUPS.find(names => names.includes(name));
    const kept = group && places.some(place => sameGroup(group, place, wide));
    return kept ? [] : [gapAt(places, wide, name, false)];
  }

  private readonly rules: Readonly<Record<string, (places: Conjunction, wide: Place) => readonly Gap[]>> = {
    $ref: (places, wide) => {
      const target = referred(wide);
      return target ? this.implied(places, target) : [gapAt(places, wide, '$ref', false)];
    },
    allOf: (places, wide) => listed(wide, 'allOf').flatMap(branch => this.implied(places, branch)),
    anyOf: (places, wide) => this.oneBranch(places, wide, 'anyOf', () => true),
    oneOf: (places, wide) =>
      this.oneBranch(places, wide, 'oneOf', branch =>
        listed(wide, 'oneOf').every(
          other =>
            other === branch || other.pointer === branch.pointer || areDisjoint(places, conjunctionOf(other)),
        ),
      ),
    [MEMBERS]: (places, wide) =>
      kindsOf(places).has('object') ? this.below(membersOf(places, wide, this.matches)) : [],
    [ITEMS]: (places, wide) => (kindsOf(places).has('array') ? this.below(itemsOf(places, wide)) : []),
  };

  private oneBranch(
    places: Conjunction,
    wide: Place,
    name: string,
    alone: (branch: Place) => boolean,
  ): readonly Gap[] {
    const found = listed(wide, name).some(
      branch => this.implied(places, branch).length === 0 && alone(branch),
    );
    return found ? [] : [gapAt(places, wide, name, true)];
  }
}

/** A row of a table; a keyword may be called like what every object inherits. */
function ownOf<Row>(table: Readonly<Record<string, Row>>, name: string): Row | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Whether two schemas are the same and mean the same: a reference may lead to something else in another document. */
function sameText(place: Place, wide: Place): boolean {
  return sameValue(place.schema, wide.schema);
}

function sameGroup(names: readonly string[], place: Place, wide: Place): boolean {
  return names.every(name => sameValue(keyword(place, name), keyword(wide, name)));
}

function sameValue(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const text = canonicalJson(a);
  return text === canonicalJson(b) && !/"\$(?:ref|dynamicRef)"/.test(text);
}
