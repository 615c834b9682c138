import { canonicalJson } from '../../base/canonical.ts';
import { Failure } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { LIMITS } from '../../base/limits.ts';

/** The canonical form of a JSON text that a guest handed over, or why it is refused. Limited like an event's payload. */
export function canonicalText(source: string): { readonly text: string } | { readonly reason: string } {
  try {
    const text = canonicalJson(parseJson(source, { maxBytes: LIMITS.payloadBytes }));
    const tooLong = Buffer.byteLength(text) > LIMITS.payloadBytes;
    return tooLong ? { reason: 'its canonical form is too large' } : { text };
  } catch (error) {
    if (error instanceof Failure) return { reason: error.diagnostics[0].message };
    throw error;
  }
}
