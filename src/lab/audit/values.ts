import type { JsonObject, JsonValue } from '../../base/json.ts';
import { pointerParts } from '../../base/pointer.ts';
import type { Dice } from './dice.ts';
import { formatted, shapes, someText } from './texts.ts';

type Schema = JsonObject | boolean;
type Kind = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

const KINDS: readonly Kind[] = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];
/** Deeper than this everything is as small as its schema allows. */
const DEEP = 5;
const MOST_ITEMS = 6;

/** Numbers on which arithmetic and printing differ where they can. */
const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  1e-7,
  5e-324,
  123_456.789,
  1e15,
  2 ** 53,
  1e21,
  -2.5,
  1e300,
];

/**
 * Makes up values that a JSON Schema describes, by the keywords that schemas of topics use. Whether a value obeys is for the schema's own
 * check to say: what is not understood is left out here.
 */
export class Values {
  private readonly dice: Dice;
  private readonly root: Schema;

  constructor(root: Schema, dice: Dice) {
    this.root = root;
    this.dice = dice;
  }

  next(): JsonValue {
    return this.of(this.root, 0);
  }

  private of(schema: Schema, depth: number): JsonValue {
    const { dice } = this;
    if (typeof schema === 'boolean') return this.ofKind(dice.pick(KINDS.slice(0, 5)), {}, depth);
    const whole = this.flattened(schema, 0);
    if ('const' in whole) return whole.const!;
    if (Array.isArray(whole.enum) && whole.enum.length > 0) return dice.pick(whole.enum);
    if (Array.isArray(whole.examples) && whole.examples.length > 0 && dice.once(3))
      return dice.pick(whole.examples);
    return this.ofKind(dice.pick(kindsOf(whole)), whole, depth);
  }

  /** A schema with what it refers to, all of `allOf` and one of `anyOf` and `oneOf` laid over each other. */
  private flattened(schema: JsonObject, level: number): JsonObject {
    if (level > 20) return schema;
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    const parts = [
      ...(typeof $ref === 'string' ? [this.found($ref)] : []),
      ...schemas(allOf),
      ...[anyOf, oneOf].flatMap(choices =>
        schemas(choices).length > 0 ? [this.dice.pick(schemas(choices))] : [],
      ),
    ];
    const objects = parts
      .filter(part => typeof part === 'object')
      .map(part => this.flattened(part, level + 1));
    return objects.reduce(laidOver, own as JsonObject);
  }

  private found(reference: string): Schema {
    if (!reference.startsWith('#')) return true;
    let at: JsonValue | undefined = this.root;
    for (const part of pointerParts(decodeURIComponent(reference.slice(1))))
      at = typeof at === 'object' && at !== null ? (at as JsonObject)[part] : undefined;
    return isSchema(at) ? at : true;
  }

  private ofKind(kind: Kind, schema: JsonObject, depth: number): JsonValue {
    return MAKE[kind](this, schema, depth);
  }

  text({ minLength, maxLength, pattern, format }: JsonObject): string {
    const { dice } = this;
    if (typeof pattern === 'string') return matching(dice, pattern) ?? '';
    const known = typeof format === 'string' ? formatted(dice, format) : undefined;
    return known ?? someText(dice, numberOr(minLength, dice.once(8) ? 0 : 1), numberOr(maxLength, 12));
  }

  number(schema: JsonObject, whole: boolean): number {
    const { dice } = this;
    const step = numberOr(schema.multipleOf, whole ? 1 : 0);
    const nudge = step > 0 ? step : 1e-6;
    const least = Math.max(
      numberOr(schema.minimum, -1000),
      numberOr(schema.exclusiveMinimum, -1e300) + nudge,
    );
    const most = Math.min(
      numberOr(schema.maximum, Math.max(1000, least + 1000)),
      numberOr(schema.exclusiveMaximum, 1e300) - nudge,
    );
    const special = dice.pick(NUMBERS);
    const free = !(
      'minimum' in schema ||
      'maximum' in schema ||
      'exclusiveMinimum' in schema ||
      'exclusiveMaximum' in schema
    );
    if (!whole && step === 0 && dice.once(4) && (free || (special >= least && special <= most)))
      return special;
    const value = dice.once(8) ? dice.pick([least, most]) : least + dice.fraction() * (most - least);
    return step > 0 ? Math.min(Math.ceil(value / step), Math.floor(most / step)) * step : value;
  }

  list(schema: JsonObject, depth: number): JsonValue[] {
    const prefix = schemas(schema.prefixItems);
    const items = isSchema(schema.items) ? schema.items : prefix.length > 0 ? undefined : true;
    const least = numberOr(schema.minItems, 0);
    const room = depth >= DEEP ? least : Math.min(numberOr(schema.maxItems, MOST_ITEMS), least + MOST_ITEMS);
    const length = Math.max(prefix.length, least + this.dice.below(Math.max(1, room - least + 1)));
    const list: JsonValue[] = [];
    for (let at = 0; at < length; at += 1) {
      const of = prefix[at] ?? items;
      if (of === undefined || of === false) break;
      list.push(this.of(of, depth + 1));
    }
    return schema.uniqueItems === true ? distinct(list) : list;
  }

  object(schema: JsonObject, depth: number): JsonObject {
    const { dice } = this;
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const optional = Object.keys(properties).filter(name => !required.includes(name));
    const chosen = depth >= DEEP ? [] : optional.filter(() => !dice.once(3));
    const names = [...new Set([...required, ...chosen])];
    const entries = names.map(name => {
      const of = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
      return [name, this.of(isSchema(of) ? of : true, depth + 1)] as const;
    });
    return Object.fromEntries([...entries, ...this.more(schema, names.length, depth)]);
  }

  /** Members whose names nobody has listed, for maps. */
  private more(schema: JsonObject, present: number, depth: number) {
    const { additionalProperties: of, minProperties, propertyNames } = schema;
    if (!isObject(of) && present >= numberOr(minProperties, 0)) return [];
    const count = depth >= DEEP ? numberOr(minProperties, 0) - present : 1 + this.dice.below(4);
    const name = () => (isObject(propertyNames) ? this.text(propertyNames) : someText(this.dice, 1, 6));
    return Array.from(
      { length: Math.max(0, count) },
      () => [name(), this.of(isSchema(of) ? of : true, depth + 1)] as const,
    );
  }

  flip(): boolean {
    return this.dice.once(2);
  }
}

const MAKE: Readonly<Record<Kind, (values: Values, schema: JsonObject, depth: number) => JsonValue>> = {
  null: () => null,
  boolean: values => values.flip(),
  integer: (values, schema) => values.number(schema, true),
  number: (values, schema) => values.number(schema, false),
  string: (values, schema) => values.text(schema),
  array: (values, schema, depth) => values.list(schema, depth),
  object: (values, schema, depth) => values.object(schema, depth),
};

/** Keywords that speak of one kind only, for schemas that state no type. */
const HINTS: readonly (readonly [keyword: string, kind: Kind])[] = [
  ['properties', 'object'],
  ['required', 'object'],
  ['items', 'array'],
  ['prefixItems', 'array'],
  ['minimum', 'number'],
  ['maximum', 'number'],
  ['pattern', 'string'],
  ['minLength', 'string'],
];

function kindsOf(schema: JsonObject): readonly Kind[] {
  const named = Array.isArray(schema.type) ? schema.type : [schema.type];
  const kinds = KINDS.filter(kind => named.includes(kind));
  if (kinds.length > 0) return kinds;
  const hinted = HINTS.find(([keyword]) => keyword in schema)?.[1];
  return hinted ? [hinted] : KINDS.slice(0, 5);
}

function laidOver(whole: JsonObject, part: JsonObject): JsonObject {
  const properties = { ...objectOr(part.properties), ...objectOr(whole.properties) };
  const required = [whole.required, part.required].flatMap(list => (Array.isArray(list) ? list : []));
  return {
    ...part,
    ...whole,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required } : {}),
  };
}

function matching(dice: Dice, pattern: string): string | undefined {
  const expression = new RegExp(pattern, 'u');
  for (let tries = 0; tries < 8; tries += 1) {
    const fitting = shapes(dice).filter(text => expression.test(text));
    if (fitting.length > 0) return dice.pick(fitting);
  }
  return undefined;
}

function distinct(list: readonly JsonValue[]): JsonValue[] {
  return [...new Map(list.map(value => [JSON.stringify(value), value])).values()];
}

function schemas(value: JsonValue | undefined): readonly Schema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'boolean' || isObject(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function numberOr(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
