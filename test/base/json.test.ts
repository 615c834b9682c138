import { constants } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { decodeUtf8, type JsonValue, parseJson } from '../../src/base/json.ts';

/** The first diagnostic of a refused document. */
function refusal(source: string | Uint8Array) {
  try {
    parseJson(source, { file: 'x.json' });
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}

/** JSON values that I-JSON allows: no lone surrogates, no `__proto__`, exact numbers. */
const values = fc
  .jsonValue({ noUnicodeString: false })
  .filter(value => !JSON.stringify(value).includes('"__proto__"'));

describe('parseJson', () => {
  test('agrees with JSON.parse on what JSON.stringify writes', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, '\t', ' \r\n'), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        if (refusal(text)?.code === 'VNES1004' || refusal(text)?.code === 'VNES1006') return;
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('takes no text that JSON.parse refuses', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '.',
      'e5',
      '0',
      'true',
      'nul',
      ' ',
      '\u0001',
      '\u00a0',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
        const text = parts.join('');
        let ours: JsonValue | undefined;
        try {
          ours = parseJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          return;
        }
        expect(JSON.parse(text)).toEqual(ours);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, string | Uint8Array, string]>([
    ['bad UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'VNES1001'],
    ['an overlong encoding', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), 'VNES1001'],
    ['a byte-order mark', Buffer.from('\ufeff{}'), 'VNES1002'],
    ['an empty document', '', 'VNES1002'],
    ['a trailing comma', '[1,]', 'VNES1002'],
    ['two documents', '{} {}', 'VNES1002'],
    ['a control character in a string', '"a\u0001"', 'VNES1002'],
    ['an unknown escape', '"\\x41"', 'VNES1002'],
    ['a leading zero', '01', 'VNES1002'],
    ['NaN', 'NaN', 'VNES1002'],
    ['a duplicate key', '{"a":1,"a":2}', 'VNES1003'],
    ['a duplicate key behind an escape', '{"a":1,"\\u0061":2}', 'VNES1003'],
    ['an integer beyond 2^53', '9007199254740993', 'VNES1004'],
    ['an overflow', '1e400', 'VNES1004'],
    ['an underflow', '1e-400', 'VNES1004'],
    ['too many digits', '0.1234567890123456789', 'VNES1004'],
    ['depth', '['.repeat(65) + ']'.repeat(65), 'VNES1005'],
    ['a lone surrogate', '"\\ud800"', 'VNES1006'],
    [
      'a surrogate encoded as if it were a character',
      new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]),
      'VNES1001',
    ],
    ['__proto__', '{"__proto__":{}}', 'VNES1007'],
    ['__proto__ behind an escape', '{"__\\u0070roto__":{}}', 'VNES1007'],
  ])('refuses %s', (_, source, code) => {
    expect(refusal(source)?.code).toBe(code);
  });

  /** What becomes of a document: its value, or the code of its refusal. */
  const outcome = (text: string) => {
    const code = refusal(text)?.code;
    return code ?? { value: parseJson(text) };
  };

  test('reads what is written in the shortest form as it reads the same with a space before it', () => {
    const texts = fc.oneof(
      values.map(value => JSON.stringify(value)),
      fc
        .array(
          fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"__proto__"', '"\\u0061"', '-0', '1e21', '1'),
        )
        .map(parts => parts.join('')),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom('', '\n', '\n\n', ' '), (text, end) => {
        expect(outcome(text + end)).toEqual(outcome(` ${text}`));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ...['{"a":1,"a":2}', '{"a":1,"a":1}', '{"b":[{"a":1,"a":2}]}', '{"2":1,"1":2}', '{"__proto__":1}'],
    ...['{"\\u005f_proto__":1}', '-0', '[-0]', '1e21', '1e+21', '9007199254740993', '0.1234567890123456789'],
    ...['"\ud800"', '"\\ud800"', '"\\udc00\\ud800"', '{"\ud800":1}', '"a\u0001"', '"\u007f"', '"\u2028"'],
    ...[64, 65, 10_000].map(depth => '['.repeat(depth) + ']'.repeat(depth)),
    ...[64, 65, 10_000].map(depth => '{"a":'.repeat(depth) + 1 + '}'.repeat(depth)),
  ])('and so it reads %j', text => {
    expect(outcome(text)).toEqual(outcome(` ${text}`));
    expect(outcome(`${text}\n`)).toEqual(outcome(` ${text}`));
  });

  test('keeps keys that objects inherit', () => {
    expect(parseJson('{"toString":1,"constructor":2}')).toEqual(JSON.parse('{"toString":1,"constructor":2}'));
  });

  test('refuses a document beyond the size limit before reading it', () => {
    expect(() => parseJson('[1,2,3]', { maxBytes: 6 })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('VNES1005') }),
    );
  });

  test('refuses more bytes than a string can hold, by their number', () => {
    const bytes = new Uint8Array(constants.MAX_STRING_LENGTH + 1);
    const refusal = expect.objectContaining({ message: expect.stringContaining('VNES1005') });
    expect(() => parseJson(bytes)).toThrow(refusal);
    expect(() => decodeUtf8(bytes)).toThrow(refusal);
  });

  test('says where: line, column, pointer and a frame', () => {
    expect(refusal('{\n  "a": [1,\n  oops]\n}')?.place).toEqual({
      file: 'x.json',
      line: 3,
      column: 3,
      pointer: '/a/1',
      frame: '3 |   oops]\n  |   ^',
    });
  });
});
