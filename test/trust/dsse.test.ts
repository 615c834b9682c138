import { expect, test } from 'vitest';
import { preAuthEncoding } from '../../src/trust/dsse.ts';

test('the example of the specification', () => {
  const encoded = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  expect(encoded.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test.each<[string, string, Uint8Array, string]>([
  ['nothing', '', Buffer.alloc(0), 'DSSEv1 0  0 '],
  ['a payload of two bytes to a letter', 'x', Buffer.from('naïve'), 'DSSEv1 1 x 6 naïve'],
  ['a payload of four bytes to a sign', 'x', Buffer.from('😀'), 'DSSEv1 1 x 4 😀'],
  ['a type of more bytes than letters', 'é😀', Buffer.from('a'), 'DSSEv1 6 é😀 1 a'],
  ['spaces and digits that look like lengths', 'a 1 b', Buffer.from('2 c'), 'DSSEv1 5 a 1 b 3 2 c'],
])('lengths count bytes, not characters: %s', (_, type, payload, expected) => {
  expect(preAuthEncoding(type, payload)).toEqual(Buffer.from(expected));
});

test('a payload that is no text stays as it is', () => {
  const payload = Buffer.of(0, 0xff, 0xc0, 0x0a);
  expect(preAuthEncoding('t', payload)).toEqual(Buffer.concat([Buffer.from('DSSEv1 1 t 4 '), payload]));
});
