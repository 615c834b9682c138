/**
 * JSON for capsules: values as a small tree, written canonically (RFC 8785), so equal values are equal texts. The host hands
 * over valid JSON only; a broken text or a value of the wrong kind traps, and the delivery leaves no effect.
 */
import { formatNumber, parseNumber } from './decimal';

export const enum Kind {
  Null,
  Bool,
  Number,
  Text,
  List,
  Object,
}

/** Shared by the values that have none: most values are leaves, and empty arrays would cost them two allocations each. */
const NO_ITEMS: Json[] = [];
const NO_KEYS: string[] = [];

/** A JSON value. Read `bool`, `number`, `text` and `items` only of a value of that kind; `as...` check it. */
export class Json {
  bool: bool = false;
  number: f64 = 0;
  text: string = '';
  /** Items of a list, or values of an object in the order of its keys. */
  items: Json[];
  /** Keys of an object, always sorted by UTF-16 code units. */
  keys: string[];

  constructor(readonly kind: Kind) {
    this.items = kind >= Kind.List ? [] : NO_ITEMS;
    this.keys = kind == Kind.Object ? [] : NO_KEYS;
  }

  static nil(): Json {
    return new Json(Kind.Null);
  }

  static of(number: f64): Json {
    const value = new Json(Kind.Number);
    value.number = number;
    return value;
  }

  static from(text: string): Json {
    const value = new Json(Kind.Text);
    value.text = text;
    return value;
  }

  static truth(bool: bool): Json {
    const value = new Json(Kind.Bool);
    value.bool = bool;
    return value;
  }

  static list(): Json {
    return new Json(Kind.List);
  }

  static object(): Json {
    return new Json(Kind.Object);
  }

  static parse(text: string): Json {
    return new Reader(text).document();
  }

  asNumber(): f64 {
    assert(this.kind == Kind.Number, 'the JSON value is not a number');
    return this.number;
  }

  asText(): string {
    assert(this.kind == Kind.Text, 'the JSON value is not a string');
    return this.text;
  }

  asBool(): bool {
    assert(this.kind == Kind.Bool, 'the JSON value is not a boolean');
    return this.bool;
  }

  /** The items of a list. */
  asList(): Json[] {
    assert(this.kind == Kind.List, 'the JSON value is not a list');
    return this.items;
  }

  push(item: Json): Json {
    assert(this.kind == Kind.List, 'only a list takes items');
    this.items.push(item);
    return this;
  }

  has(key: string): bool {
    const at = this.place(key);
    return at < this.keys.length && this.keys[at] == key;
  }

  /** The member `key` of an object; traps when there is none. */
  get(key: string): Json {
    assert(this.has(key), 'the JSON object has no member ' + key);
    return this.items[this.place(key)];
  }

  /** The member `key` of an object, or `otherwise`. */
  getOr(key: string, otherwise: Json): Json {
    return this.has(key) ? this.items[this.place(key)] : otherwise;
  }

  set(key: string, value: Json): Json {
    assert(this.kind == Kind.Object, 'only an object takes members');
    const at = this.place(key);
    if (at < this.keys.length && this.keys[at] == key) {
      this.items[at] = value;
      return this;
    }
    this.keys.push(key);
    this.items.push(value);
    for (let index = this.keys.length - 1; index > at; index--) {
      this.keys[index] = this.keys[index - 1];
      this.items[index] = this.items[index - 1];
    }
    this.keys[at] = key;
    this.items[at] = value;
    return this;
  }

  /** Canonical JSON text. */
  toString(): string {
    const parts: string[] = [];
    write(this, parts);
    return parts.join('');
  }

  /** Where `key` is or belongs among the sorted keys. */
  private place(key: string): i32 {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function write(value: Json, parts: string[]): void {
  switch (value.kind) {
    case Kind.Null:
      parts.push('null');
      break;
    case Kind.Bool:
      parts.push(value.bool ? 'true' : 'false');
      break;
    case Kind.Number:
      parts.push(formatNumber(value.number));
      break;
    case Kind.Text:
      writeText(value.text, parts);
      break;
    case Kind.List:
      writeItems(value, parts, '[', ']');
      break;
    default:
      writeItems(value, parts, '{', '}');
  }
}

function writeItems(value: Json, parts: string[], open: string, close: string): void {
  parts.push(open);
  for (let index = 0; index < value.items.length; index++) {
    if (index > 0) parts.push(',');
    if (value.kind == Kind.Object) {
      writeText(value.keys[index], parts);
      parts.push(':');
    }
    write(value.items[index], parts);
  }
  parts.push(close);
}

const HEX = '0123456789abcdef';
const SHORT_ESCAPES = 'btnvfr';

/** A string with ECMAScript's escapes: the short ones, and \u00xx for the other control characters. */
function writeText(text: string, parts: string[]): void {
  parts.push('"');
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x20 && unit != 0x22 && unit != 0x5c) continue;
    if (at > from) parts.push(text.substring(from, at));
    from = at + 1;
    parts.push('\\');
    if (unit >= 0x20) parts.push(text.charAt(at));
    else if (unit >= 8 && unit <= 13 && unit != 11) parts.push(SHORT_ESCAPES.charAt(unit - 8));
    else parts.push('u00' + HEX.charAt(unit >> 4) + HEX.charAt(unit & 15));
  }
  parts.push(from == 0 ? text : text.substring(from));
  parts.push('"');
}

/** A recursive-descent reader of RFC 8259. */
class Reader {
  private at: i32 = 0;

  constructor(private readonly text: string) {}

  document(): Json {
    const value = this.value();
    this.space();
    assert(this.at == this.text.length, 'broken JSON: text after the end');
    return value;
  }

  private value(): Json {
    const next = this.peek();
    if (next == 0x7b) return this.object();
    if (next == 0x5b) return this.list();
    if (next == 0x22) return Json.from(this.string());
    if (next == 0x74) return this.word('true', Json.truth(true));
    if (next == 0x66) return this.word('false', Json.truth(false));
    if (next == 0x6e) return this.word('null', Json.nil());
    return this.numeral();
  }

  private object(): Json {
    const value = Json.object();
    this.at++;
    if (this.takes(0x7d)) return value;
    do {
      assert(this.peek() == 0x22, 'broken JSON: a key is missing');
      const key = this.string();
      assert(this.takes(0x3a), 'broken JSON: a colon is missing');
      value.set(key, this.value());
    } while (this.takes(0x2c));
    assert(this.takes(0x7d), 'broken JSON: an object is not closed');
    return value;
  }

  private list(): Json {
    const value = Json.list();
    this.at++;
    if (this.takes(0x5d)) return value;
    do {
      value.push(this.value());
    } while (this.takes(0x2c));
    assert(this.takes(0x5d), 'broken JSON: a list is not closed');
    return value;
  }

  private string(): string {
    const parts: string[] = [];
    this.at++;
    let from = this.at;
    for (;;) {
      assert(this.at < this.text.length, 'broken JSON: a string is not closed');
      const unit = this.text.charCodeAt(this.at);
      if (unit == 0x22) break;
      if (unit == 0x5c) {
        parts.push(this.text.substring(from, this.at));
        parts.push(this.escape());
        from = this.at;
      } else {
        this.at++;
      }
    }
    const tail = this.text.substring(from, this.at++);
    if (parts.length == 0) return tail;
    parts.push(tail);
    return parts.join('');
  }

  private escape(): string {
    const letter = this.text.charCodeAt(this.at + 1);
    if (letter == 0x75) {
      const unit = <i32>U32.parseInt(this.text.substr(this.at + 2, 4), 16);
      this.at += 6;
      return String.fromCharCode(unit);
    }
    this.at += 2;
    const control = SHORT_ESCAPES.indexOf(String.fromCharCode(letter));
    return String.fromCharCode(control < 0 ? letter : control + 8);
  }

  private numeral(): Json {
    const from = this.at;
    if (this.unit() == 0x2d) this.at++;
    if (this.unit() == 0x30) this.at++;
    else this.digits();
    if (this.unit() == 0x2e) {
      this.at++;
      this.digits();
    }
    if ((this.unit() | 0x20) == 0x65) {
      this.at++;
      if (this.unit() == 0x2b || this.unit() == 0x2d) this.at++;
      this.digits();
    }
    return Json.of(parseNumber(this.text.substring(from, this.at)));
  }

  private digits(): void {
    const from = this.at;
    while (this.unit() >= 0x30 && this.unit() <= 0x39) this.at++;
    assert(this.at > from, 'broken JSON: a value or a digit is missing');
  }

  private word(word: string, value: Json): Json {
    assert(this.text.substr(this.at, word.length) == word, 'broken JSON: unknown word');
    this.at += word.length;
    return value;
  }

  private takes(unit: i32): bool {
    const there = this.peek() == unit;
    if (there) this.at++;
    return there;
  }

  /** The next code unit that is not white space, or -1 at the end. */
  private peek(): i32 {
    this.space();
    return this.unit();
  }

  /** The next code unit, or -1 at the end. */
  private unit(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private space(): void {
    while (this.at < this.text.length) {
      const unit = this.text.charCodeAt(this.at);
      if (unit != 0x20 && unit != 0x0a && unit != 0x0d && unit != 0x09) return;
      this.at++;
    }
  }
}
