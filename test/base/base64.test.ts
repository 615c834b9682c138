import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../src/base/base64.ts';

describe('decodeBase64', () => {
  test('reads what encodeBase64 writes, and a byte string has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), fc.constantFrom(...'AZaz09+/=-_ \n'), (bytes, at, character) => {
        const text = encodeBase64(bytes);
        expect(decodeBase64(text)?.equals(bytes)).toBe(true);
        const place = text.length === 0 ? 0 : at % text.length;
        const changed = text.slice(0, place) + character + text.slice(place + 1);
        const read = decodeBase64(changed);
        if (read) expect(encodeBase64(read)).toBe(changed);
        if (changed !== text && read) expect(read.equals(bytes)).toBe(false);
      }),
    );
  });

  test.each([
    ['the alphabet for URLs', '-_-_'],
    ['both alphabets', '+_/-'],
    ['a space before', ' AAAA'],
    ['a space after', 'AAAA '],
    ['a space inside', 'AA AA'],
    ['a line feed after', 'AAAA\n'],
    ['a line feed inside', 'AAAA\nAAAA'],
    ['a tab', 'AA\tAA'],
    ['a byte-order mark', '\ufeffAAAA'],
    ['no padding', 'AA'],
    ['too little padding', 'AA='],
    ['too much padding', 'AAA=='],
    ['padding alone', '===='],
    ['padding inside', 'AA==AAAA'],
    ['stray bits', 'AB=='],
    ['a character of no alphabet', 'AA*A'],
    ['full-width letters', 'ＡＡＡＡ'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
