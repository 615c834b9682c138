/**
 * The bytes that a DSSE signature is over: the pre-authentication encoding, version 1 (secure-systems-lab/dsse, protocol.md).
 * Lengths count bytes, not characters.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head, 'utf8'), payload]);
}
