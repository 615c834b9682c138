import { verifyAsync } from '@noble/ed25519';
import { describe, expect, test } from 'vitest';
import { pointProblem, signatureProblem } from '../../src/trust/ed25519.ts';
import { PublicKey } from '../../src/trust/public-key.ts';
import { nodeAccepts, type Vector, vectors, weAccept } from './ed25519-vectors.ts';

const ALL = vectors(2);

/** What @noble/ed25519 says: by RFC 8032, or by ZIP 215 as it does when nothing is asked of it. */
function nobleAccepts({ key, message, signature }: Vector, zip215: boolean): Promise<boolean> {
  return verifyAsync(signature, message, key, { zip215 }).catch(() => false);
}

function passesFront({ key, signature }: Vector): boolean {
  return pointProblem(key) === undefined && signatureProblem(signature) === undefined;
}

describe('signatures that libraries judge differently', () => {
  test('are refused before any library decides, unless key, R and S are proper', () => {
    expect(ALL.length).toBeGreaterThan(1000);
    for (const vector of ALL)
      expect([vector.name, passesFront(vector)]).toEqual([vector.name, vector.proper]);
  });

  test('of those, lenient libraries accept some: noble by default, and OpenSSL 3.0 under keys of small order', async () => {
    const improper = ALL.filter(({ proper }) => !proper);
    const noble = await Promise.all(improper.map(vector => nobleAccepts(vector, true)));
    expect(noble.filter(Boolean).length).toBeGreaterThan(10);
    expect(improper.filter(weAccept).map(({ name }) => name)).toEqual([]);
  });

  test('what we accept, node and noble both accept; what node refuses, we refuse', async () => {
    for (const vector of ALL.filter(({ proper }) => proper)) {
      const [ours, node, noble] = [weAccept(vector), nodeAccepts(vector), await nobleAccepts(vector, false)];
      expect([vector.name, ours]).toEqual([vector.name, node && noble]);
      expect([vector.name, ours]).toEqual([vector.name, node]);
      if (vector.pure) expect([vector.name, ours, noble]).toEqual([vector.name, true, true]);
    }
  });

  test('what we accept, we accept on another thread too, and nothing else', async () => {
    const keys = ALL.flatMap(vector =>
      pointProblem(vector.key) ? [] : [{ ...vector, key: PublicKey.fromRaw(vector.key) }],
    );
    const meanwhile = await Promise.all(
      keys.map(({ key, message, signature }) => key.verifiesMeanwhile(message, signature)),
    );
    expect(meanwhile).toEqual(keys.map(({ key, message, signature }) => key.verifies(message, signature)));
    expect(new Set(meanwhile)).toEqual(new Set([true, false]));
  });

  test('noble alone accepts some by keys or R with a part of small order: it multiplies by 8, node does not', async () => {
    const mixed = ALL.filter(({ proper, pure }) => proper && !pure);
    const refused = mixed.filter(vector => !weAccept(vector));
    const noble = await Promise.all(refused.map(vector => nobleAccepts(vector, false)));
    expect(refused.length).toBeGreaterThan(10);
    expect(noble.filter(Boolean).length).toBe(refused.length);
  });
});
