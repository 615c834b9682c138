import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenFrame, encodeNative, FrameReader } from '../../src/sandbox/native/frames.ts';

const part = fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }));
const message = fc.record({ kind: fc.nat(255), parts: fc.array(part, { maxLength: 8 }) });

test('what is written is what is read, however it is cut into pieces', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), message, fc.nat(40), (number, sent, cut) => {
      const bytes = Buffer.from(encodeNative(number, sent));
      const reader = new FrameReader();
      const first = reader.push(bytes.subarray(0, cut), number);
      expect(first ?? reader.push(bytes.subarray(cut), number)).toEqual([sent]);
      expect(reader.isAhead).toBe(first !== undefined && cut < bytes.length);
    }),
  );
});

test('any bytes are a frame, the beginning of one, or broken', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.uint8Array({ maxLength: 60 }).map(rest => {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(rest.length + 4, 0);
      return Buffer.concat([head, rest]);
    }),
  );
  fc.assert(
    fc.property(bytes, given => {
      try {
        const found = new FrameReader().push(Buffer.from(given), 0);
        for (const { kind, parts } of found ?? [])
          expect([kind < 256, parts.length < 9]).toEqual([true, true]);
      } catch (error) {
        expect(error).toBeInstanceOf(BrokenFrame);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('bytes beside texts go out as they are', () => {
  const bytes = encodeNative(7, { kind: 10, parts: [{ base64: 'AP8=' }, null, ''] });
  expect(Buffer.from(bytes).toString('hex')).toBe('17000000070000000f0000000a0200000000ffffffffff00000000');
});
