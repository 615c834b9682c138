import { describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import { delegationFor } from '../../src/trust/root/delegation.ts';
import { withKeys, withoutKeys } from '../../src/trust/root/edit.ts';
import { rootKeys } from '../../src/trust/root/keys.ts';
import type { Delegation, SignedRoot } from '../../src/trust/root/model.ts';
import { fewestSigners } from '../../src/trust/root/tally.ts';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { makeCapsule, newKey } from './capsules.ts';
import { begun, KEYS, load, type Name, rootOf, signed } from './roots.ts';
import { signNow } from './sign-now.ts';

type Row = readonly [Delegation['role'], string, number, readonly string[]];

function delegations(...rows: readonly Row[]) {
  return rows.map(([role, namespace, threshold, principals]) => ({ role, namespace, threshold, principals }));
}

/** The verdict about a capsule that these signed, under a root that ada alone keeps. */
function judged(
  change: Partial<SignedRoot> | ((root: SignedRoot) => SignedRoot),
  ...signers: readonly Name[]
) {
  const base = rootOf(['ada', 'bob', 'cyd', 'dan'], 1);
  const root = typeof change === 'function' ? change(base) : { ...base, ...change };
  const trusted = load(begun(signed(root, KEYS.ada)));
  expect(trusted.problems).toEqual([]);
  const folder = makeCapsule();
  signers.forEach((name, index) => {
    signNow(folder, 'counter', KEYS[name], hostPorts(), { add: index > 0 });
  });
  const store = { files: [], keys: rootKeys(root), root: trusted, problems: trusted.problems };
  const { verdict } = verifyCapsule(folder, 'counter', store);
  const failed = verdict.checks.filter(({ result }) => result === 'fail');
  return {
    verdict,
    failed: failed.map(({ id }) => id),
    diagnostics: failed.flatMap(check => check.diagnostics ?? []),
  };
}

const two = delegations(['build', 'user.ada.*', 2, ['ada', 'bob', 'cyd']]);

describe('the role of builders', () => {
  test('is met by as many of its principals as it asks for', () => {
    expect(judged({ delegations: two }, 'ada', 'cyd').verdict).toMatchObject({
      admitted: true,
      signers: ['ada', 'cyd'],
    });
  });

  test('is not met by fewer, and says which commands would do', () => {
    const { failed, diagnostics } = judged({ delegations: two }, 'bob');
    expect(failed).toEqual(['trust.build']);
    expect(diagnostics).toMatchObject([
      {
        code: 'VNES2065',
        expected: '2 of: ada, bob, cyd (user.ada.*)',
        found: 'bob',
        help: 'vnes sign --add --key ada counter',
      },
    ]);
  });

  test('is not met by one principal with several keys', () => {
    const { verdict, failed } = judged(
      root => ({ ...withKeys(root, 'bob', [KEYS.eve.public.base64]), delegations: two }),
      'bob',
      'eve',
    );
    expect(failed).toEqual(['trust.build']);
    expect(verdict.signers).toEqual(['bob']);
  });

  test('is not met by principals of another role', () => {
    const { failed, diagnostics } = judged({ delegations: two }, 'dan');
    expect(failed).toEqual(['authority']);
    expect(diagnostics).toMatchObject([
      {
        code: 'VNES3001',
        found: 'none of them; not counted: dan has not this role',
        help: 'vnes sign --add --key ada counter && vnes sign --add --key bob counter',
      },
    ]);
  });

  test('is not met by a revoked key, which is told', () => {
    const revoked = (root: SignedRoot) => ({ ...withoutKeys(root, 'bob', [], 'lost'), delegations: two });
    const { failed, diagnostics } = judged(revoked, 'ada', 'bob');
    expect(failed).toEqual(['trust.build']);
    expect(diagnostics[0]).toMatchObject({ found: 'ada; not counted: bob signed with a revoked key' });
    const alone = judged(revoked, 'bob');
    expect(alone.failed).toEqual(['receipt.signatures']);
    expect(alone.diagnostics[0]?.found).toContain('a revoked key of bob');
  });

  test('is not met when nobody has it for the id', () => {
    const { failed, diagnostics } = judged(
      { delegations: delegations(['build', 'user.adam.*', 1, ['ada']]) },
      'ada',
    );
    expect(failed).toContain('authority');
    expect(diagnostics[0]?.code).toBe('VNES2066');
  });

  test('is that of the most specific namespace alone', () => {
    const rows = delegations(['build', 'user.*', 1, ['ada']], ['build', 'user.ada.*', 1, ['bob']]);
    expect(judged({ delegations: rows }, 'ada').failed).toEqual(['authority']);
    expect(judged({ delegations: rows }, 'bob').verdict.admitted).toBe(true);
    expect(judged({ delegations: [...rows].reverse() }, 'ada').failed).toEqual(['authority']);
  });

  test('says so when no signatures could meet it', () => {
    const rows = delegations(['build', 'user.ada.*', 2, ['ada']]);
    expect(judged({ delegations: rows }, 'ada').diagnostics[0]?.help).toContain(
      'no signatures can meet this',
    );
  });
});

describe('the role of deployers', () => {
  const both = (...rows: readonly Row[]) => ({
    require: ['build', 'deploy'] as const,
    delegations: delegations(['build', 'user.ada.*', 1, ['ada']], ...rows),
  });

  test('is asked for only when the root requires it', () => {
    expect(
      judged({ delegations: both(['deploy', 'user.*', 1, ['bob']]).delegations }, 'ada').verdict.admitted,
    ).toBe(true);
    expect(judged(both(['deploy', 'user.*', 1, ['bob']]), 'ada').failed).toEqual(['trust.deploy']);
    expect(judged(both(['deploy', 'user.*', 1, ['bob']]), 'ada', 'bob').verdict.admitted).toBe(true);
  });

  test('required and given to nobody admits nothing', () => {
    expect(judged(both(), 'ada')).toMatchObject({
      failed: ['trust.deploy'],
      diagnostics: [{ code: 'VNES2066' }],
    });
  });

  test('and that of builders ask for the fewest signatures together', () => {
    const asked = {
      require: ['build', 'deploy'] as const,
      delegations: delegations(
        ['build', 'user.*', 1, ['ada', 'bob']],
        ['deploy', 'user.*', 1, ['cyd', 'bob']],
      ),
    };
    expect(judged(asked, 'dan').diagnostics[0]?.help).toBe('vnes sign --add --key bob counter');
  });
});

test('a root that does not count admits nothing, whoever signed', () => {
  const root = rootOf(['ada'], 1);
  const expired = load(begun(signed(root, KEYS.ada)), { now: Date.UTC(2030, 0, 1) });
  const folder = makeCapsule();
  signNow(folder, 'counter', KEYS.ada, hostPorts());
  const store = { files: [], keys: rootKeys(root), root: expired, problems: expired.problems };
  const { verdict } = verifyCapsule(folder, 'counter', store);
  expect(verdict.admitted).toBe(false);
  expect(verdict.checks.filter(({ result }) => result === 'fail').map(({ id }) => id)).toEqual([
    'trust.root',
  ]);
  expect(verdict.checks.find(({ id }) => id === 'receipt.signatures')?.result).toBe('blocked');
});

test.each([
  ['user.ada.counter', 'user.ada.counter'],
  ['user.ada.clock', 'user.ada.*'],
  ['user.bob.clock', 'user.*'],
  ['user.adam.clock', 'user.*'],
  ['tenant.a.clock', undefined],
])('%s is decided by %s', (id, namespace) => {
  const rows = ['user.*', 'user.ada.*', 'user.ada.counter'].map(each => ['build', each, 1, ['ada']] as const);
  for (const order of [rows, [...rows].reverse()]) {
    const root = { ...rootOf(['ada'], 1), delegations: delegations(...order) };
    expect(delegationFor(root, 'build', id)?.namespace).toBe(namespace);
    expect(delegationFor(root, 'review', id)).toBeUndefined();
  }
});

test('the fewest signers are those who count twice', () => {
  const open = (missing: number, ...candidates: string[]) =>
    ({ role: 'build', counted: [], missing, candidates }) as const;
  expect(fewestSigners([])).toEqual([]);
  expect(fewestSigners([open(0, 'a')])).toEqual([]);
  expect(fewestSigners([open(2, 'a', 'b', 'c'), open(1, 'c', 'd')])).toEqual(['c', 'a']);
  expect(fewestSigners([open(1, 'a'), open(2, 'b')])).toBeUndefined();
});

test('a key that a root does not know is not trusted', () => {
  const stranger = newKey();
  expect(rootKeys(rootOf(['ada'], 1)).some(({ key }) => key.base64 === stranger.public.base64)).toBe(false);
});
