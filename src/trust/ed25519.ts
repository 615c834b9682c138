/**
 * Checks before any library decides on an Ed25519 signature. Libraries disagree about these encodings, and under a small-order
 * key anybody can forge (RFC 8032, section 5.1.7; Chalkias et al., "Taming the many EdDSAs", 2020).
 */

/** Order of the base point, 2^252 + 27742317777372353535851937790883648493, as bytes from the highest down. */
const ORDER = Buffer.from('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed', 'hex');
/** The field's prime, 2^255 - 19, as bytes from the highest down. */
const PRIME = Buffer.from('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed', 'hex');

/** y coordinates of the eight points whose order divides 8, as encoded, without the sign bit. */
const SMALL_ORDER: readonly Buffer[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(hex => Buffer.from(hex, 'hex'));

/** Why an encoded point (32 bytes) is refused, or undefined. */
export function pointProblem(point: Uint8Array): string | undefined {
  if (point.length !== 32) return `${point.length} bytes instead of 32`;
  const y = Buffer.from(point);
  y[31]! &= 0x7f;
  if (SMALL_ORDER.some(bad => bad.equals(y))) return 'a point of small order';
  return Buffer.compare(y.reverse(), PRIME) >= 0
    ? 'a coordinate beyond the field, so not canonical'
    : undefined;
}

/** Why a signature (R and S, 64 bytes) is refused before it is verified, or undefined. */
export function signatureProblem(signature: Uint8Array): string | undefined {
  if (signature.length !== 64) return `${signature.length} bytes instead of 64`;
  const point = pointProblem(signature.subarray(0, 32));
  if (point) return `R is ${point}`;
  const scalar = Buffer.from(signature.subarray(32)).reverse();
  return Buffer.compare(scalar, ORDER) >= 0
    ? 'S is not below the group order, so the signature is malleable'
    : undefined;
}
