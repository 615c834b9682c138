import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseUtc } from '../../src/base/time.ts';
import { proofText } from '../../src/trust/proof.ts';
import type { TrustStore } from '../../src/trust/store.ts';
import { newKey } from '../trust/capsules.ts';
import { ours, theirs } from './checkers.ts';
import { gate, provenIn } from './gate.ts';
import { firstVersion, rootDocument, trustIn } from './roots.ts';

/** What nothing is decided by: words, and who wrote the proof. The second checker does not look at them. */
const PROSE = ['evidence', 'proves', 'verifier'];

type Path = readonly (string | number)[];

/** Paths to everything in a document, containers included. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path];
  const below = Object.keys(value).filter(name => !PROSE.includes(name));
  return [
    ...(path.length > 0 ? [path] : []),
    ...below.flatMap(name => pathsIn((value as Record<string, unknown>)[name], [...path, name])),
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

test('no mutant of a proof is good for one checker and bad for the other', () => {
  const { folder, trust, key } = gate();
  const owner = newKey();
  const delegations = [
    { role: 'build' as const, namespace: 'user.ada.*', principals: ['ada'], threshold: 1 },
  ];
  const root = trustIn(
    rootDocument([firstVersion(owner, { ada: key }, delegations), owner]),
    parseUtc('2027-01-31T00:00:00Z')!,
  );
  const proofs = [trust, root].map((each: TrustStore) =>
    proofText(provenIn(folder, each, ['a_good']), {
      verifier: { name: 'vnes', version: 'test' },
      trust: each,
    }),
  );
  expect(proofs.map(ours)).toEqual(proofs.map(() => ({ status: 0, admitted: ['a_good'] })));
  const mutations = fc.sample(MUTATION, {
    numRuns: Number(process.env.VNES_MUTANTS ?? 300),
    seed: 20_261_123,
  });
  const mutants = mutations.map((mutation, index) => mutate(proofs[index % 2]!, mutation));
  const changed = mutants.filter(
    ({ text }) => !proofs.some(proof => JSON.stringify(JSON.parse(proof)) === text),
  );
  expect(changed.length).toBeGreaterThan(mutants.length / 2);
  const others = theirs(changed.map(({ text }) => text));
  const split = changed
    .map(({ what, text }, index) => ({ what, own: ours(text).status, other: others[index]!.status }))
    .filter(({ own, other }) => (own === 0) !== (other === 0));
  expect(split).toEqual([]);
});
