import type { Code } from '../../base/codes/all.ts';

/**
 * What turns a failure.
 * - `content`: what lies there is not what was signed. Brought back, or signed as it is.
 * - `layout`: what may not lie in a capsule. Brought back, or changed by hand and signed.
 * - `access`: what cannot be read, or run, here. To be put right on this machine.
 * - `manifest`, `code`, `version`: to be edited by hand, and signed.
 * - `receipt`: a new receipt. `signers`: more signatures.
 * - `root`: who is trusted, and for what. `change`: what a change in git does besides (change.ts).
 * - `policy`: what is asked of capsules. `rule`: a rule that is not met; by what it is about it takes signatures, an edit, or a
 *   waiver, `waive` (rules.ts).
 */
export type Cure =
  | 'content'
  | 'layout'
  | 'access'
  | 'manifest'
  | 'code'
  | 'version'
  | 'receipt'
  | 'signers'
  | 'root'
  | 'change'
  | 'policy'
  | 'rule'
  | 'waive';

/** Every code with which a verdict can fail. A code of the strict JSON parser says by its check which document it is about. */
export const CURES: Readonly<Partial<Record<Code, Cure | 'document'>>> = {
  VNES1001: 'document',
  VNES1002: 'document',
  VNES1003: 'document',
  VNES1004: 'document',
  VNES1005: 'document',
  VNES1006: 'document',
  VNES1007: 'document',
  VNES1011: 'document',
  VNES1010: 'access',
  VNES1020: 'manifest',
  VNES2001: 'receipt',
  VNES2002: 'receipt',
  VNES2003: 'receipt',
  VNES2004: 'content',
  VNES2005: 'content',
  VNES2006: 'content',
  VNES2007: 'content',
  VNES2008: 'content',
  VNES2010: 'signers',
  VNES2011: 'signers',
  VNES2012: 'signers',
  VNES2020: 'layout',
  VNES2021: 'layout',
  VNES2022: 'layout',
  VNES2023: 'layout',
  VNES2024: 'access',
  VNES2026: 'layout',
  VNES2033: 'root',
  VNES2060: 'root',
  VNES2061: 'root',
  VNES2062: 'root',
  VNES2063: 'root',
  VNES2064: 'root',
  VNES2065: 'signers',
  VNES2066: 'signers',
  VNES2067: 'root',
  VNES2068: 'root',
  VNES2069: 'root',
  VNES2404: 'access',
  VNES2405: 'change',
  VNES2406: 'change',
  VNES2407: 'change',
  VNES2408: 'change',
  VNES2410: 'version',
  VNES2411: 'version',
  VNES2413: 'access',
  VNES2416: 'change',
  VNES2417: 'change',
  VNES2418: 'manifest',
  VNES3001: 'signers',
  VNES3002: 'policy',
  VNES3003: 'policy',
  VNES3006: 'policy',
  VNES3007: 'rule',
  VNES3008: 'rule',
  VNES3010: 'change',
  VNES3020: 'code',
  VNES3103: 'code',
  VNES4003: 'change',
  VNES5001: 'code',
  VNES5002: 'code',
  VNES5003: 'code',
  VNES5004: 'code',
  VNES5005: 'code',
  VNES5006: 'code',
  VNES5007: 'code',
  VNES5008: 'code',
  VNES5009: 'access',
  VNES5010: 'access',
  VNES5012: 'manifest',
  VNES5030: 'access',
  VNES5031: 'access',
  VNES5032: 'code',
  VNES5033: 'code',
  VNES5034: 'code',
  VNES5040: 'manifest',
  VNES5041: 'code',
  VNES8203: 'manifest',
};

/** Which document the checks that parse one are about. */
const DOCUMENTS: Readonly<Record<string, Cure>> = {
  'manifest.schema': 'manifest',
  'receipt.format': 'receipt',
  'trust.root': 'root',
  'change.trust': 'change',
  'change.policy': 'change',
  'change.waivers': 'change',
};

/** What turns a failure of this check with this code. What the table does not know, somebody has to look at: `manifest` asks that. */
export function cureOf(check: string, code: Code): Cure {
  const cure = CURES[code] ?? 'document';
  return cure === 'document' ? (DOCUMENTS[check] ?? 'manifest') : cure;
}
