import { type Manifest, zoneOf } from '../../capsule/manifest.ts';
import { parseTier } from '../../capsule/tier.ts';
import { covers } from '../namespace.ts';
import { ROLES } from '../root/model.ts';
import { tally } from '../root/tally.ts';
import type { PolicySubject, Signer } from './model.ts';

/**
 * What an expression can see: the manifest with what it leaves out read as the least trusted, the manifest as it is written, who
 * signed and in which roles, the files, and how the capsule was built. No clock and no environment, so it says the same everywhere.
 */
export function factsOf(subject: PolicySubject) {
  const { manifest, receipt, files } = subject;
  const { toolchain, transformations, audit } = receipt.statement.predicate;
  return {
    capsule: capsuleFacts(subject),
    manifest: manifest as Partial<Manifest>,
    signers: signerFacts(subject),
    files: files.map(({ path, size, mode }) => ({ path, size: BigInt(size), mode })),
    receipt: {
      toolchain: toolchain.map(({ tool, version }) => ({ tool, version })),
      transformations: transformations.map(({ step, tool }) => ({ step, tool })),
      audit: {
        verdict: (audit?.verdict ?? 'none') as string,
        runs: BigInt(audit?.runs ?? 0),
        no_matter: audit?.no_matter ?? [],
        depends_on: audit?.depends_on ?? [],
      },
    },
  };
}

/** What the variables of an expression hold. */
export type Facts = ReturnType<typeof factsOf>;

/** An example of each: what an expression makes of it shows whether it confuses types. */
export const SAMPLE: Facts = {
  capsule: {
    ...{ id: 'a.b', version: '1.0.0', type: 'logic', description: 'text', namespace: 'a', tags: ['text'] },
    ...{ tier: 'local', audit_level: 'none', owner: 'text', reviewed_by: ['text'] },
    ...{ determinism: 'NX_experimental', zone: 'ephemeral', provides: ['text'], requires: ['text'] },
    ...{ language: 'text', gpu: false, sandbox_class: 'text', interfaces: ['text'] },
    ...{ subscribes: ['a.v1'], publishes: ['a.v1'], derived_from: ['a.b'], supersedes: ['a.b'] },
  },
  manifest: {},
  signers: [{ name: 'text', roles: ['build'] }],
  files: [{ path: 'text', size: 1n, mode: '100644' }],
  receipt: {
    toolchain: [{ tool: 'text', version: 'text' }],
    transformations: [{ step: 'text', tool: 'text' }],
    audit: { verdict: 'none', runs: 0n, no_matter: ['text'], depends_on: ['text'] },
  },
};

function capsuleFacts({ manifest }: PolicySubject) {
  const { id, version, type, description, capabilities, governance, interfaces, runtime, security, lineage } =
    manifest;
  const bus = interfaces?.bus;
  return {
    id,
    version,
    type,
    description,
    namespace: id.slice(0, id.lastIndexOf('.')),
    tags: manifest.tags ?? [],
    tier: governance.tier,
    audit_level: governance.audit_level,
    owner: governance.owner ?? '',
    reviewed_by: [governance.reviewed_by ?? []].flat(),
    determinism: parseTier(capabilities.determinism_tier),
    zone: zoneOf(manifest),
    provides: capabilities.provides,
    requires: capabilities.requires ?? [],
    language: runtime?.language ?? '',
    gpu: runtime?.requires_gpu ?? false,
    sandbox_class: security?.sandbox_class ?? '',
    interfaces: Object.keys(interfaces ?? {}),
    subscribes: (bus?.subscribes ?? []).map(({ topic }) => topic),
    publishes: (bus?.publishes ?? []).map(({ topic }) => topic),
    derived_from: [lineage?.derived_from ?? []].flat(),
    supersedes: [lineage?.supersedes ?? []].flat(),
  };
}

/** Each signer once, by name, with the roles held for this capsule. Under a list of keys that is the role of a builder. */
function signerFacts({ manifest, root, signers }: PolicySubject) {
  const names = [...new Set(signers.map(({ name }) => name))];
  const roleOf = root
    ? ROLES.map(
        role => [role, tally(root.document.signed, role, manifest.id, keysOf(signers)).counted] as const,
      )
    : [['build', entitled(signers, manifest.id)] as const];
  return names.map(name => ({
    name,
    roles: roleOf.filter(([, counted]) => counted.includes(name)).map(([role]) => role as string),
  }));
}

function keysOf(signers: readonly Signer[]): readonly string[] {
  return signers.map(({ key }) => key.base64);
}

function entitled(signers: readonly Signer[], id: string): readonly string[] {
  return signers
    .filter(({ namespaces }) => namespaces.some(pattern => covers(pattern, id)))
    .map(({ name }) => name);
}
