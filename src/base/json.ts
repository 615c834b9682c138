import { constants, isUtf8 } from 'node:buffer';
import type { Code } from './codes/all.ts';
import { fail } from './diagnostic.ts';
import { LIMITS } from './limits.ts';
import { position } from './locate.ts';
import { toPointer } from './pointer.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export interface JsonLimits {
  /** Named in diagnostics. */
  readonly file?: string | undefined;
  readonly maxBytes?: number;
  readonly maxDepth?: number;
}

/**
 * Parses JSON strictly (RFC 8259 and I-JSON, RFC 7493): one reading of each document, so that nobody can show one meaning to
 * the verifier and another to the program that runs.
 *
 * Refused beyond plain syntax: invalid UTF-8, a byte-order mark, duplicate keys (compared after escape decoding), `__proto__`,
 * lone surrogates, numbers that a double does not hold as written, and documents deeper or larger than the limits.
 *
 * @throws Failure VNES1001 to VNES1007, with line, column and JSON pointer.
 */
export function parseJson(source: Uint8Array | string, limits: JsonLimits = {}): JsonValue {
  const maxBytes = limits.maxBytes ?? LIMITS.documentBytes;
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.length;
  if (size > maxBytes) {
    fail('VNES1005', 'the JSON document is too large', {
      place: { file: limits.file },
      expected: `at most ${maxBytes} bytes`,
      found: `${size} bytes`,
    });
  }
  const text = typeof source === 'string' ? source : decodeUtf8(source, limits.file);
  return parseCompact(text, limits.maxDepth ?? LIMITS.jsonDepth) ?? new StrictParser(text, limits).document();
}

/**
 * The value of a document that is, to the letter, what `JSON.stringify` writes of it, as receipts are. Then it has no second
 * reading: a key that occurred twice, a number that was rounded, another notation would not come out again. Undefined for all
 * others, right or wrong; the parser below tells.
 */
function parseCompact(text: string, maxDepth: number): JsonValue | undefined {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  const line = text.indexOf('\n');
  if ((line >= 0 && line < end) || text.includes('\\') || text.includes('__proto__')) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    const same = JSON.stringify(value) === text.slice(0, end);
    return same && isWithin(value, maxDepth) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(value: JsonValue, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (depth === 0) return false;
  for (const member of Object.values(value))
    if (typeof member === 'object' && !isWithin(member, depth - 1)) return false;
  return true;
}

/** Decodes UTF-8 and refuses what is not. @throws Failure VNES1001; VNES1005 for more than a string can hold. */
export function decodeUtf8(bytes: Uint8Array, file?: string): string {
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    fail('VNES1005', 'the file is too large to be read as text', {
      place: { file },
      expected: `at most ${constants.MAX_STRING_LENGTH} bytes`,
      found: `${bytes.length} bytes`,
    });
  }
  if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return fail('VNES1001', 'the file is not valid UTF-8', { place: { file }, help: 'save the file as UTF-8' });
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const LITERALS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class StrictParser {
  private at = 0;
  private readonly path: (string | number)[] = [];
  private readonly text: string;
  private readonly file: string | undefined;
  private readonly maxDepth: number;

  constructor(text: string, limits: JsonLimits) {
    this.text = text;
    this.file = limits.file;
    this.maxDepth = limits.maxDepth ?? LIMITS.jsonDepth;
  }

  document(): JsonValue {
    const value = this.value();
    this.space();
    if (this.at < this.text.length)
      this.refuse('VNES1002', 'text after the end of the JSON document', 'the end of the file');
    return value;
  }

  private value(): JsonValue {
    this.space();
    const next = this.text[this.at];
    if (next === '{') return this.object();
    if (next === '[') return this.array();
    if (next === '"') return this.string();
    if (next === '-' || (next !== undefined && next >= '0' && next <= '9')) return this.number();
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.refuse('VNES1002', 'a JSON value is missing', 'a value');
  }

  private object(): JsonObject {
    const members: Record<string, JsonValue> = {};
    let first = true;
    this.open();
    while (!this.closes('}', first)) {
      first = false;
      this.space();
      const start = this.at;
      if (this.text[this.at] !== '"')
        this.refuse('VNES1002', 'an object key is missing', 'a string in double quotes');
      const key = this.string();
      this.path.push(key);
      if (Object.hasOwn(members, key))
        this.refuse('VNES1003', `the key ${JSON.stringify(key)} occurs twice`, 'each key once', start);
      if (key === '__proto__')
        this.refuse('VNES1007', 'the key "__proto__" is not allowed', 'another key', start);
      this.space();
      if (this.text[this.at] !== ':')
        this.refuse('VNES1002', 'a colon is missing after an object key', '":"');
      this.at += 1;
      members[key] = this.value();
      this.path.pop();
    }
    return members;
  }

  private array(): JsonValue[] {
    const items: JsonValue[] = [];
    this.open();
    while (!this.closes(']', items.length === 0)) {
      this.path.push(items.length);
      items.push(this.value());
      this.path.pop();
    }
    return items;
  }

  /** Steps over an opening bracket and counts the depth. */
  private open(): void {
    if (this.path.length >= this.maxDepth) {
      this.refuse('VNES1005', 'the JSON document is nested too deeply', `at most ${this.maxDepth} levels`);
    }
    this.at += 1;
  }

  /** Whether the bracket closes here; otherwise steps over the comma that must stand before any but the first item. */
  private closes(bracket: '}' | ']', first: boolean): boolean {
    this.space();
    const next = this.text[this.at];
    if (next === bracket) {
      this.at += 1;
      return true;
    }
    if (!first) {
      if (next !== ',')
        this.refuse('VNES1002', 'a comma or closing bracket is missing', `"," or "${bracket}"`);
      this.at += 1;
      this.space();
      if (this.text[this.at] === bracket)
        this.refuse('VNES1002', 'a comma before a closing bracket', 'a value');
    }
    return false;
  }

  private string(): string {
    const start = this.at;
    this.at += 1;
    let decoded = '';
    for (;;) {
      decoded += this.plain();
      const next = this.text[this.at];
      if (next === '"') break;
      if (next === '\\') decoded += this.escape();
      else
        this.refuse(
          'VNES1002',
          'a string is not closed or holds a control character',
          'a closing double quote',
        );
    }
    this.at += 1;
    if (!decoded.isWellFormed())
      this.refuse('VNES1006', 'a string holds a lone surrogate', 'well-formed Unicode', start);
    return decoded;
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    if (letter === 'u') {
      const digits = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits))
        this.refuse('VNES1002', 'a broken \\u escape', 'four hexadecimal digits');
      this.at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    if (!Object.hasOwn(ESCAPES, letter))
      this.refuse('VNES1002', 'an unknown escape in a string', 'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u');
    this.at += 2;
    return ESCAPES[letter]!;
  }

  private number(): number {
    const start = this.at;
    const written = this.match(NUMBER);
    if (!written) this.refuse('VNES1002', 'a broken number', 'a JSON number');
    const value = Number(written);
    if (!holdsExactly(written, value)) {
      this.refuse(
        'VNES1004',
        `the number ${shorten(written)} cannot be kept exactly`,
        'a number that a double holds',
        start,
      );
    }
    return value;
  }

  private space(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.at += 1;
    }
  }

  /** Steps over what stands in a string as itself: all from the space on but the quote and the backslash. */
  private plain(): string {
    const start = this.at;
    for (;;) {
      const unit = this.text.charCodeAt(this.at);
      // At the end of the text the unit is NaN, for which every comparison is false.
      if (!(unit >= 0x20) || unit === 0x22 || unit === 0x5c) return this.text.slice(start, this.at);
      this.at += 1;
    }
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found) this.at += found.length;
    return found;
  }

  private refuse(code: Code, message: string, expected: string, at = this.at): never {
    const rest = this.text.slice(at, at + 16).split(/[\r\n]/)[0] ?? '';
    const found =
      at >= this.text.length
        ? 'the end of the file'
        : rest === ''
          ? 'the end of the line'
          : JSON.stringify(rest);
    fail(code, message, {
      place: { file: this.file, ...position(this.text, at), pointer: toPointer(this.path) },
      expected,
      found,
    });
  }
}

/**
 * Whether a double gives back the decimal number as written, up to its notation. Integers must be safe, or be written as RFC 8785
 * writes the double that they mean, so that canonical JSON always parses; fractions may have at most 17 significant digits, the
 * most that a double can answer for; an overflow or an underflow to zero is refused.
 */
function holdsExactly(written: string, value: number): boolean {
  if (String(value) === written) return true;
  if (!Number.isFinite(value)) return false;
  const digits = written
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '');
  if (value === 0) return digits === '';
  if (Number.isInteger(value) && !/[.eE]/.test(written))
    return Number.isSafeInteger(value) || written === JSON.stringify(value);
  return digits.replace(/0+$/, '').length <= 17;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
