import { toCanonical } from '../../base/canonical-text.ts';
import { Failure } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';

/** The canonical form of a JSON text that a guest handed over, or why it is refused. Limited like an event's payload. */
export function canonicalText(source: string): { readonly text: string } | { readonly reason: string } {
  try {
    const text = toCanonical(source, { maxBytes: LIMITS.payloadBytes });
    const tooLong = text !== source && Buffer.byteLength(text) > LIMITS.payloadBytes;
    return tooLong ? { reason: 'its canonical form is too large' } : { text };
  } catch (error) {
    if (error instanceof Failure) return { reason: error.diagnostics[0].message };
    throw error;
  }
}
