import { verifyAsync } from '@noble/ed25519';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointProblem, signatureProblem } from '../../src/trust/ed25519.ts';
import { PublicKey } from '../../src/trust/public-key.ts';
import { newKey } from './capsules.ts';

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const PRIME = 2n ** 255n - 19n;

/** 32 bytes, lowest first. */
function little(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function raw(key: PublicKey): Buffer {
  return key.der.subarray(-32);
}

/** The encodings of the eight points of small order, and those that decode to them without being canonical. */
const SMALL_ORDER = [
  little(0n),
  little(1n),
  little(PRIME - 1n),
  little(PRIME),
  little(PRIME + 1n),
  Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
  Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'),
].flatMap(point => [point, Buffer.from(point.with(31, point[31]! | 0x80))]);

describe('points', () => {
  test.each(SMALL_ORDER.map(point => [point.toString('hex'), point] as const))(
    '%s is refused',
    (_, point) => {
      expect(pointProblem(point)).toBeDefined();
      expect(() => PublicKey.fromRaw(point)).toThrow(
        expect.objectContaining({ message: expect.stringContaining('VNES2033') }),
      );
    },
  );

  test('coordinates beyond the field are refused', () => {
    for (let above = 0n; above < 19n; above += 1n) expect(pointProblem(little(PRIME + above))).toBeDefined();
  });

  test('points of real keys pass', () => {
    for (let count = 0; count < 50; count += 1) expect(pointProblem(raw(newKey().public))).toBeUndefined();
  });

  test('31 bytes are no point', () => {
    expect(pointProblem(Buffer.alloc(31, 7))).toBe('31 bytes instead of 32');
  });
});

describe('signatures', () => {
  test('agree with a second implementation, whatever is changed', async () => {
    const key = newKey();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array(),
        fc.nat(63),
        fc.integer({ min: 0, max: 255 }),
        async (message, at, byte) => {
          const good = key.sign(message);
          const changed = Buffer.from(good.with(at, byte));
          expect(key.public.verifies(message, good)).toBe(true);
          expect(await verifyAsync(good, message, raw(key.public), { zip215: false })).toBe(true);
          expect(key.public.verifies(message, changed)).toBe(
            await verifyAsync(changed, message, raw(key.public), { zip215: false }),
          );
        },
      ),
    );
  });

  test('S at or above the group order is refused', () => {
    const key = newKey();
    const message = Buffer.from('message');
    const good = key.sign(message);
    const scalar = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`);
    const malleable = Buffer.concat([good.subarray(0, 32), little(scalar + ORDER)]);
    expect(signatureProblem(malleable)).toContain('malleable');
    expect(key.public.verifies(message, malleable)).toBe(false);
    expect(signatureProblem(Buffer.concat([good.subarray(0, 32), little(ORDER)]))).toBeDefined();
    expect(signatureProblem(Buffer.concat([good.subarray(0, 32), little(ORDER - 1n)]))).toBeUndefined();
  });

  test.each(SMALL_ORDER.map(point => [point.toString('hex'), point] as const))(
    'R = %s is refused',
    (_, point) => {
      expect(signatureProblem(Buffer.concat([point, little(1n)]))).toContain('R is');
    },
  );

  test('63 and 65 bytes are no signature', () => {
    expect(signatureProblem(Buffer.alloc(63, 1))).toBe('63 bytes instead of 64');
    expect(signatureProblem(Buffer.alloc(65, 1))).toBe('65 bytes instead of 64');
  });

  test('a key that is no point on the curve verifies nothing', () => {
    // y = 2 has no x on the curve.
    expect(PublicKey.fromRaw(little(2n)).verifies(Buffer.from('m'), newKey().sign(Buffer.from('m')))).toBe(
      false,
    );
  });
});
