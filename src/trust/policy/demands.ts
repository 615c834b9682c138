import type { Code } from '../../base/codes/all.ts';
import { type AuditLevel, type Manifest, zoneOf } from '../../capsule/manifest.ts';
import { parseTier, TIERS } from '../../capsule/tier.ts';
import { RECEIPT_FILE } from '../../capsule/tree.ts';
import type { Demand, PolicySubject } from './model.ts';
import { missingReviewers, missingSigners, roleHelp } from './people.ts';

/** What a capsule lacks. */
export interface Shortfall {
  readonly code?: Code;
  /** The file that it is about, in the capsule's folder; by default the manifest. */
  readonly file?: string;
  /** JSON pointer into that file. */
  readonly pointer?: string | undefined;
  readonly expected: string;
  readonly found: string;
  /** The next command; by default to sign again what was changed. */
  readonly help?: string | undefined;
}

type Demands = {
  readonly [Name in keyof Demand]-?: (
    wanted: NonNullable<Demand[Name]>,
    subject: PolicySubject,
  ) => Shortfall | undefined;
};

/** Audit levels from the laxest to the strictest. */
const AUDIT_LEVELS: readonly AuditLevel[] = ['none', 'low', 'standard', 'elevated', 'critical'];

/** Each demand, by its name in a policy: what is missing, or undefined. */
export const DEMANDS: Demands = {
  tiers: oneOf('/governance/tier', ({ governance }) => governance.tier),
  types: oneOf('/type', ({ type }) => type),
  zones: oneOf('/security/trust_zone', zoneOf),
  owners: oneOf('/governance/owner', ({ governance }) => governance.owner),
  languages: oneOf('/runtime/language', ({ runtime }) => runtime?.language),
  sandbox_classes: oneOf('/security/sandbox_class', ({ security }) => security?.sandbox_class),
  audit_level: (wanted, { manifest }) => {
    const found = manifest.governance.audit_level;
    const enough = AUDIT_LEVELS.indexOf(found) >= AUDIT_LEVELS.indexOf(wanted);
    return enough ? undefined : { pointer: '/governance/audit_level', expected: `${wanted} or above`, found };
  },
  determinism: (wanted, { manifest }) => {
    const found = parseTier(manifest.capabilities.determinism_tier);
    const enough = TIERS.indexOf(found) <= TIERS.indexOf(wanted);
    const pointer = '/capabilities/determinism_tier';
    return enough ? undefined : { pointer, expected: `${wanted} or a stronger promise`, found };
  },
  reviewed_by: (_, { manifest }) => {
    const names = [manifest.governance.reviewed_by ?? []].flat().filter(name => name.trim() !== '');
    const pointer = '/governance/reviewed_by';
    return names.length > 0 ? undefined : { pointer, expected: 'the name of a reviewer', found: 'none' };
  },
  reviewers: (wanted, subject) => people(subject, missingReviewers(wanted, subject)),
  signers: (wanted, subject) => people(subject, missingSigners(wanted, subject)),
};

function oneOf(pointer: string, read: (manifest: Manifest) => string | undefined) {
  return (wanted: readonly string[], { manifest }: PolicySubject): Shortfall | undefined => {
    const found = read(manifest);
    if (found !== undefined && wanted.includes(found)) return undefined;
    return { pointer, expected: `one of: ${wanted.join(', ')}`, found: found ?? 'nothing' };
  };
}

function people(
  subject: PolicySubject,
  missing:
    | { readonly expected: string; readonly found: string; readonly names: readonly string[] }
    | undefined,
): Shortfall | undefined {
  if (!missing) return undefined;
  const { names, ...told } = missing;
  return { file: RECEIPT_FILE, ...told, help: roleHelp(subject, names) };
}
