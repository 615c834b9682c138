import { describe, expect, test } from 'vitest';
import { renewed } from '../../src/trust/root/edit.ts';
import { rootText } from '../../src/trust/root/encode.ts';
import type { RootDocument } from '../../src/trust/root/model.ts';
import { begun, continued, KEYS, rootOf, signed } from '../trust/roots.ts';
import { inShort, Repository } from './repository.ts';

const TRUST = 'vnes.trust.json';
const COUNTER = 'capsules/counter';
const { ada, bob, cyd, eve } = KEYS;

/** Any two of three decide. */
const FIRST = begun(signed(rootOf(['ada', 'bob', 'cyd'], 2), ada, bob));
const LATER = '2028-01-01T00:00:00Z';

/** A repository that trusts a root, with a capsule that its principals signed. */
function rooted(): Repository {
  const repository = new Repository();
  repository.write({ [TRUST]: rootText(FIRST) });
  repository.capsule(COUNTER, { key: ada });
  repository.commit('base');
  return repository;
}

/** Version 1.3.0 of the capsule, signed by two. */
function release(repository: Repository, one = ada, other = bob): void {
  repository.capsule(COUNTER, { manifest: { version: '1.3.0' }, key: one });
  repository.sign(COUNTER, other, { add: true });
}

function staging(document: RootDocument | object): Promise<string[]> {
  const repository = rooted();
  repository.write({ [TRUST]: rootText(document as RootDocument) });
  return repository.staged().then(inShort);
}

describe('a trust root in git', () => {
  test('decides about capsules', async () => {
    const repository = rooted();
    release(repository);
    expect(inShort(await repository.staged())).toEqual(['capsules/counter admitted']);
    release(repository, ada, eve);
    expect(inShort(await repository.staged())).toContain('capsules/counter refused');
  });

  test('may be followed by its next version, signed by enough of the old and of the new', async () => {
    expect(await staging(continued(FIRST, root => renewed(root, LATER), bob, cyd))).toEqual([]);
  });

  test('then counts only for the change after that', async () => {
    const repository = rooted();
    repository.write({ [TRUST]: rootText(continued(FIRST, root => renewed(root, LATER), bob, cyd)) });
    const report = await repository.staged();
    expect(report.trust.root?.document.signed.version).toBe(1);
    repository.commit();
    release(repository);
    const next = await repository.staged();
    expect(next.trust.root?.document.signed.version).toBe(2);
    expect(inShort(next)).toEqual(['capsules/counter admitted']);
  });

  test.each<[string, string, () => object]>([
    ['a version that too few signed', 'VNES2061', () => continued(FIRST, root => renewed(root, LATER), bob)],
    [
      'a version that a stranger signed',
      'VNES2069',
      () => continued(FIRST, root => renewed(root, LATER), bob, eve),
    ],
    [
      'another root, well signed by others',
      'VNES2405',
      () => begun(signed(rootOf(['eve'], 1, { name: 'acme' }), eve)),
    ],
    [
      'another first version by the same principals',
      'VNES2405',
      () => begun(signed(rootOf(['ada', 'bob'], 2), ada, bob)),
    ],
    [
      'a version that has expired',
      'VNES2063',
      () => continued(FIRST, root => renewed(root, '2026-01-02T00:00:00Z'), bob, cyd),
    ],
    ['a plain list of keys', 'VNES2405', () => ({ version: 1, keys: [] })],
    ['what is no trust file', 'VNES1011', () => ({ signed: {} })],
  ])('is not followed by %s', async (_, code, document) => {
    expect(await staging(document())).toEqual([code]);
  });

  test('does not go back to its former version', async () => {
    const repository = rooted();
    repository.write({ [TRUST]: rootText(continued(FIRST, root => renewed(root, LATER), bob, cyd)) });
    repository.commit();
    repository.write({ [TRUST]: rootText(FIRST) });
    expect(inShort(await repository.staged())).toEqual(['VNES2405']);
  });

  test('that has expired lets nothing pass', async () => {
    const repository = rooted();
    release(repository);
    repository.git('add', '-A');
    const late = { trust: { now: Date.UTC(2027, 1, 1) } };
    expect(inShort(await repository.verify({ kind: 'staged' }, late))).toContain('VNES2063');
  });
});
