import { createHash, createPublicKey, verify } from 'node:crypto';
import { Point } from '@noble/ed25519';
import { PublicKey } from '../../src/trust/public-key.ts';

/**
 * Signatures that libraries judge differently (Chalkias et al., "Taming the many EdDSAs", 2020; C2SP's CCTV makes the same
 * combinations): keys and nonces with a part of small order, or of nothing else; spellings that are not canonical; S beyond the order.
 */
export interface Vector {
  readonly name: string;
  readonly key: Buffer;
  readonly message: Buffer;
  readonly signature: Buffer;
  /** The key and R have a part in the large group and are spelled canonically, and S is below its order. */
  readonly proper: boolean;
  /** Neither the key nor R has a part of small order. */
  readonly pure: boolean;
}

const ORDER = Point.CURVE().n;
const PRIME = Point.CURVE().p;
/** One of the points of order 8; its multiples are all eight of small order. */
const TORSION = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
const [SECRET, NONCE] = [0x1234_5678_9abcn, 0xdead_beef_0123n];

/** A point, as it is spelled. */
interface Spelled {
  readonly name: string;
  readonly scalar: bigint;
  readonly torsion: number;
  readonly bytes: Buffer;
  readonly canonical: boolean;
}

function little(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** `scalar` times the base point, and `torsion` times the point of order 8. */
function spelled(scalar: bigint, torsion: number): readonly Spelled[] {
  const large = scalar === 0n ? Point.ZERO : Point.BASE.multiply(scalar);
  const small = torsion === 0 ? Point.ZERO : TORSION.multiply(BigInt(torsion));
  const bytes = Buffer.from(large.add(small).toBytes());
  const name = `${scalar === 0n ? '' : 'large+'}${torsion}/8`;
  return [bytes, ...otherSpellings(bytes)].map((each, at) => ({
    name: at === 0 ? name : `${name} spelled otherwise`,
    ...{ scalar, torsion, bytes: each, canonical: at === 0 },
  }));
}

/** Other bytes that lenient decoders take for the same point: y beyond the prime, and a sign where x is 0. */
function otherSpellings(bytes: Buffer): readonly Buffer[] {
  const sign = bytes[31]! & 0x80;
  const y = BigInt(
    `0x${Buffer.from(bytes.with(31, bytes[31]! & 0x7f))
      .reverse()
      .toString('hex')}`,
  );
  const beyond = y + PRIME < 2n ** 255n ? [little(y + PRIME)] : [];
  const signed = y === 1n || y === PRIME - 1n ? [little(y)] : [];
  return [
    ...beyond.map(each => Buffer.from(each.with(31, each[31]! | sign))),
    ...[...signed, ...(signed.length > 0 ? beyond : [])].map(each =>
      Buffer.from(each.with(31, each[31]! ^ 0x80)),
    ),
  ];
}

function challenge(...parts: readonly Uint8Array[]): bigint {
  const digest = createHash('sha512').update(Buffer.concat(parts)).digest();
  return BigInt(`0x${digest.reverse().toString('hex')}`) % ORDER;
}

/** Every key with every R, over `messages` messages each. */
export function vectors(messages: number): readonly Vector[] {
  const eighths = [0, 1, 2, 3, 4, 5, 6, 7];
  const points = (scalar: bigint) =>
    [scalar, 0n].flatMap(each => eighths.flatMap(torsion => spelled(each, torsion)));
  return points(SECRET).flatMap(key =>
    points(NONCE).flatMap(r =>
      Array.from({ length: messages }, (_, number) =>
        signatures(key, r, Buffer.from(`message ${number}`)),
      ).flat(),
    ),
  );
}

function signatures(key: Spelled, r: Spelled, message: Buffer): readonly Vector[] {
  const s = (r.scalar + challenge(r.bytes, key.bytes, message) * key.scalar) % ORDER;
  const sane = [key, r].every(({ scalar, canonical }) => scalar !== 0n && canonical);
  return [s, s + ORDER].map((scalar, beyond) => ({
    name: `key ${key.name}, R ${r.name}${beyond ? ', S beyond the order' : ''}, ${message}`,
    key: key.bytes,
    message,
    signature: Buffer.concat([r.bytes, little(scalar)]),
    proper: sane && beyond === 0,
    pure: key.torsion === 0 && r.torsion === 0,
  }));
}

/** What node:crypto says when nobody looks at the bytes first. */
export function nodeAccepts({ key, message, signature }: Vector): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  try {
    return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
  } catch {
    return false;
  }
}

/** What vnes says. */
export function weAccept({ key, message, signature }: Vector): boolean {
  try {
    return PublicKey.fromRaw(key).verifies(message, signature);
  } catch {
    return false;
  }
}
