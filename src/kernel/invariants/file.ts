import { parseJson } from '../../base/json.ts';
import { LIMITS } from '../../base/limits.ts';
import { refuseViolations } from '../../base/schema.ts';
import type { StatedInvariant } from '../../capsule/manifest.ts';
import { validateInvariants } from '../../generated/invariants.js';
import type { InvariantsFile } from './prepare.ts';

/** Reads a file of invariants (schemas/invariants.schema.json). @throws Failure VNES100x, VNES1011 */
export function parseInvariants(bytes: Uint8Array, file: string): InvariantsFile {
  const value = parseJson(bytes, { file, maxBytes: LIMITS.documentBytes });
  refuseViolations(validateInvariants(value), { file, bytes });
  const { invariants } = value as unknown as { readonly invariants: readonly StatedInvariant[] };
  return { file, invariants };
}
