import { symlinkSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseUtc } from '../../src/base/time.ts';
import { proofText } from '../../src/trust/proof.ts';
import type { TrustStore } from '../../src/trust/store.ts';
import { COUNTER } from '../gate/changes.ts';
import { proofOf, workshop } from '../gate/repository.ts';
import { newKey } from '../trust/capsules.ts';
import { governedProof, policyOf, rule, waiverOf } from '../trust/governed.ts';
import { ours, oursInResults, theirs } from './checkers.ts';
import { gate, provenIn } from './gate.ts';
import { firstVersion, rootDocument, trustIn } from './roots.ts';

type Path = readonly (string | number)[];

/** Paths to everything in a document, containers included. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path];
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.keys(value).flatMap(name => pathsIn((value as Record<string, unknown>)[name], [...path, name])),
  ];
}

function get(value: unknown, path: Path): unknown {
  return path.reduce((each, name) => (each as Record<string | number, unknown>)[name], value);
}

interface Mutation {
  readonly at: number;
  readonly other: number;
  readonly kind: 'replace' | 'remove' | 'flip' | 'repeat';
}

/** The text of a proof with one value changed, removed, repeated or replaced by another of its values, and where. */
function mutate(text: string, { at, other, kind }: Mutation) {
  const proof = JSON.parse(text) as unknown;
  const paths = pathsIn(proof);
  const path = paths[at % paths.length]!;
  const holder = get(proof, path.slice(0, -1)) as Record<string | number, unknown>;
  const name = path.at(-1)!;
  const value = holder[name];
  if (kind === 'remove' && Array.isArray(holder)) holder.splice(Number(name), 1);
  else if (kind === 'remove') delete holder[name];
  else if (kind === 'repeat' && Array.isArray(holder)) holder.splice(Number(name), 0, structuredClone(value));
  else if (kind === 'flip') holder[name] = flipped(value, other);
  else holder[name] = structuredClone(get(proof, paths[other % paths.length]!));
  return {
    what: `${kind} ${path.join('/')} (${JSON.stringify(value)?.slice(0, 60)})`,
    text: JSON.stringify(proof),
  };
}

function flipped(value: unknown, where: number): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string' || value === '') return 'x';
  const index = where % value.length;
  return `${value.slice(0, index)}${value[index] === 'A' ? 'B' : 'A'}${value.slice(index + 1)}`;
}

const MUTATION = fc.record({
  at: fc.nat(),
  other: fc.nat(),
  kind: fc.constantFrom('replace', 'remove', 'flip', 'repeat'),
});

/** Proofs of a capsule in a folder, under a list of keys and under a trust root. */
function proofsOfFolders(): readonly string[] {
  const { folder, trust, key } = gate();
  const owner = newKey();
  const delegations = [
    { role: 'build' as const, namespace: 'user.ada.*', principals: ['ada'], threshold: 1 },
  ];
  const root = trustIn(
    rootDocument([firstVersion(owner, { ada: key }, delegations), owner]),
    parseUtc('2027-01-31T00:00:00Z')!,
  );
  return [trust, root].map((each: TrustStore) =>
    proofText(provenIn(folder, each, ['a_good']), {
      verifier: { name: 'vnes', version: 'test' },
      trust: each,
    }),
  );
}

/** Proofs of a release in git, and of a change that touches no capsule any more but has links to look at. */
async function proofsOfGit(): Promise<readonly string[]> {
  const repository = workshop();
  repository.git('checkout', '-q', '-b', 'change');
  repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
  repository.remove('capsules/adder');
  const since = { kind: 'since', revision: 'main', head: 'HEAD' } as const;
  repository.commit();
  const release = proofOf(await repository.verify(since));
  repository.git('checkout', '-q', '-B', 'change', 'main');
  repository.remove('capsules/adder');
  symlinkSync('capsules/../README.md', repository.at('link'));
  repository.commit();
  return [release, proofOf(await repository.verify(since))];
}

/** A proof under a policy, by data and in words, of a capsule that is let pass by a waiver. */
async function proofOfPolicy(): Promise<string> {
  const policy = policyOf(
    rule({ demand: { types: ['driver'] }, waivable: true }),
    rule({ id: 'people', demand: { reviewers: { min: 1, independent: true }, signers: { build: 1 } } }),
    rule({
      id: 'words',
      scopes: [{ namespace: 'user.ada.*', level: 'warn' }],
      expression: 'size(files) > 0',
    }),
  );
  const waivers = [waiverOf({}, 'ada', 'bob'), waiverOf({ id: 'two', check: 'policy/people' }, 'ada')];
  return governedProof({ policy, waivers }, { signers: ['ada', 'cyd'] });
}

test('no mutant of a proof is good for one checker and bad for the other', async () => {
  const proofs = [...proofsOfFolders(), ...(await proofsOfGit()), await proofOfPolicy()];
  const opinions = await Promise.all(proofs.map(ours));
  expect(opinions.map(({ status }) => status)).toEqual(proofs.map(() => 0));
  const mutations = fc.sample(MUTATION, Number(process.env.VNES_MUTANTS ?? 600));
  const mutants = mutations.map((mutation, index) => mutate(proofs[index % proofs.length]!, mutation));
  const changed = mutants.filter(
    ({ text }) => !proofs.some(proof => JSON.stringify(JSON.parse(proof)) === text),
  );
  expect(changed.length).toBeGreaterThan(mutants.length / 2);
  const others = theirs(changed.map(({ text }) => text));
  const own = await Promise.all(changed.map(({ text }) => oursInResults(text)));
  const split = changed
    .map(({ what }, index) => ({ what, own: own[index]!.status, other: others[index]!.status }))
    .filter(({ own, other }) => (own === 0) !== (other === 0));
  expect(split).toEqual([]);
});
