import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inbox } from '../../src/sandbox/agent/inbox.ts';
import { encodeFrame, FrameCutter, readFrame } from '../../src/sandbox/frames.ts';

/** Hands out a buffer piece by piece, as a pipe would. */
function taker(bytes: Buffer): (size: number) => Buffer {
  let at = 0;
  return size => {
    at += size;
    return bytes.subarray(at - size, at);
  };
}

describe('frames', () => {
  test('carry JSON and blobs', () => {
    const message = { type: 'start', text: 'ľ\u0000', blobs: [Uint8Array.from([1, 2]), new Uint8Array()] };
    const read = readFrame(taker(Buffer.concat(encodeFrame(message)))) as typeof message;
    expect(read.text).toBe(message.text);
    expect(read.blobs.map(blob => [...blob])).toEqual([[1, 2], []]);
  });

  test('are found again in any chunks', () => {
    const messages = fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, sizes) => {
        const bytes = Buffer.concat(sent.flatMap(message => encodeFrame(message)));
        const cutter = new FrameCutter(1_000_000);
        const read: unknown[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          read.push(...cutter.push(bytes.subarray(at, at + size)).map(text => JSON.parse(text)));
          at += size;
        }
        expect(read).toEqual(sent);
      }),
    );
  });

  test('are read whole, however much the pipe gives at a time', () => {
    const messages = fc.array(fc.record({ text: fc.string(), blob: fc.uint8Array({ maxLength: 9000 }) }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1 }), (sent, sizes) => {
        const bytes = Buffer.concat(sent.flatMap(({ text, blob }) => encodeFrame({ text, blobs: [blob] })));
        let [at, turn] = [0, 0];
        const inbox = new Inbox((into, from) => {
          const count = bytes.copy(into, from, at, at + sizes[turn++ % sizes.length]!);
          at += count;
          return count;
        });
        const read = sent.map(
          () => readFrame(size => inbox.take(size)) as { text: string; blobs: Uint8Array[] },
        );
        expect(read.map(({ text, blobs }) => [text, [...blobs[0]!]])).toEqual(
          sent.map(({ text, blob }) => [text, [...blob]]),
        );
      }),
    );
  });

  test('over the limit or with blobs are refused', () => {
    const frame = (message: object) => Buffer.concat(encodeFrame(message));
    expect(() => new FrameCutter(20).push(frame({ text: 'x'.repeat(20) }))).toThrow(RangeError);
    expect(() => new FrameCutter(20).push(frame({ blobs: [new Uint8Array(1)] }))).toThrow(RangeError);
  });
});
