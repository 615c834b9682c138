import { hostPorts } from '../../src/base/host.ts';
import { bind, type LoadedCapsule } from '../../src/kernel/binding.ts';
import type { IngressEvent } from '../../src/kernel/ingress.ts';
import { type Audit, type AuditRequest, audit } from '../../src/lab/audit/audit.ts';
import { freshReference, type Reference } from '../../src/lab/audit/reference.ts';
import { USUAL } from '../../src/store/flags.ts';
import { ID } from './python-case.ts';

/** Some input for every cause: words, numbers above and below zero, and times on both sides of midnight. */
export const INPUT: readonly IngressEvent[] = ['pear', 'Äpfel', 'zoo', 'ľad'].map((word, index) => ({
  topic: 'in.v1',
  time: Date.UTC(2024, 1, 28, 23, 50) + index * 7_000_000,
  key: null,
  payload: { word, number: index * 1.25 - 1 },
  source: 'ingress',
}));

export async function referenceOf(
  capsule: LoadedCapsule,
  cacheDir: string,
  input: readonly IngressEvent[] = INPUT,
): Promise<Reference> {
  const capsules = [capsule];
  const network = await bind(capsules, USUAL);
  return freshReference({ capsules, network, input, seed: '7', frameIngress: 2, cacheDir });
}

/** Audits a capsule over that input. */
export async function audited(
  capsule: LoadedCapsule,
  cacheDir: string,
  request: Partial<AuditRequest> = {},
): Promise<Audit> {
  const reference = request.reference ?? (await referenceOf(capsule, cacheDir));
  return audit({ reference, id: ID, rounds: 1, cacheDir, clock: hostPorts().clock, ...request });
}

/** Names of the perturbations that made a difference. */
export function differing({ probes }: Audit): readonly string[] {
  return probes.filter(({ witness }) => witness).map(({ name }) => name);
}
