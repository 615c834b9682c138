import { parseJson } from '../base/json.ts';
import { refuseViolations } from '../base/schema.ts';
import { validateManifest } from '../generated/manifest.js';
import type { Manifest } from './manifest.ts';

/**
 * A manifest from the bytes of `manifest.json`. `file` names it in diagnostics.
 * @throws Failure VNES1001 to VNES1007 for what is not strict JSON; VNES1011 for every violation of the schema, all at once.
 */
export function parseManifest(bytes: Uint8Array, file: string): Manifest {
  const value = parseJson(bytes, { file });
  refuseViolations(validateManifest(value), { file, bytes });
  return value as unknown as Manifest;
}
