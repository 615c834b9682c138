import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { type ResolveRequest, resolveCapsules, tryResolve } from '../../src/registry/resolve.ts';

type Extra = { provides?: string[]; tier?: 'D0' | 'D1' | 'NX'; zone?: 'system' | 'tenant' | 'session' };

/** `capsule('a@1.0.0', ['b@^1'])`: D0 and tenant unless told. */
function capsule(name: string, requires: string[] = [], { provides, tier, zone }: Extra = {}): Manifest {
  const [id = '', version = ''] = name.split('@');
  return {
    id,
    version,
    type: 'logic',
    description: id,
    capabilities: { provides: provides ?? [`${id}.cap`], requires, determinism_tier: tier ?? 'D0' },
    governance: { tier: 'local', audit_level: 'none' },
    security: { trust_zone: zone ?? 'tenant' },
  };
}

function names(request: ResolveRequest): string[] {
  return resolveCapsules(request).chosen.map(({ id, version }) => `${id}@${version}`);
}

function refusal(request: ResolveRequest): { code: string; found: string; help: string } {
  const answer = tryResolve(request);
  if (answer.ok) throw new Error(`solved: ${JSON.stringify(answer.chosen)}`);
  const { code, found = '', help = '' } = answer.diagnostic;
  return { code, found, help };
}

describe('choices', () => {
  test('dependencies come first, bound to the highest version that fits', () => {
    const candidates = [
      capsule('a@1.0.0', ['b.cap@^1', 'c.cap']),
      capsule('b@1.2.0', ['c.cap@^1']),
      capsule('b@1.10.0', ['c.cap@^1']),
      capsule('b@2.0.0'),
      capsule('c@1.0.0'),
    ];
    const answer = resolveCapsules({ roots: ['a'], candidates });
    expect(names({ roots: ['a'], candidates })).toEqual(['c@1.0.0', 'b@1.10.0', 'a@1.0.0']);
    expect(answer.bindings).toEqual({ a: { 'b.cap': 'b', 'c.cap': 'c' }, b: { 'c.cap': 'c' }, c: {} });
    expect(answer.chosen[1]?.because).toEqual([
      {
        by: 'a@1.0.0',
        requires: 'b.cap@^1',
        others: [
          { capsule: 'b@1.2.0', reason: '1.2.0 is older than 1.10.0' },
          { capsule: 'b@2.0.0', reason: 'offers 2.0.0, outside ^1' },
        ],
      },
    ]);
  });

  test('steps back from the highest version when it leads to a conflict, and says so', () => {
    const candidates = [
      capsule('a@1.0.0', ['b.cap', 'c.cap@^1']),
      capsule('b@2.0.0', ['c.cap@^2']),
      capsule('b@1.0.0', ['c.cap@^1']),
      capsule('c@1.0.0'),
      capsule('c@2.0.0'),
    ];
    const answer = resolveCapsules({ roots: ['a'], candidates });
    expect(answer.chosen.map(({ id, version }) => id + version)).toEqual(['c1.0.0', 'b1.0.0', 'a1.0.0']);
    expect(answer.chosen[1]?.because[0]?.others[0]).toEqual({
      capsule: 'b@2.0.0',
      reason: 'was tried, but then what a@1.0.0 requires as c.cap@^1 cannot be met',
    });
  });

  test('prefers what the lock file has, and leaves it where it no longer fits', () => {
    const candidates = ['1.0.0', '1.1.0', '2.0.0'].map(version => capsule(`b@${version}`));
    const tree = `sha256:${'0'.repeat(64)}` as const;
    const lock = {
      version: 1 as const,
      roots: ['b'],
      capsules: [{ id: 'b', version: '1.0.0', tree, bindings: {} }],
    };
    expect(names({ roots: ['b'], candidates })).toEqual(['b@2.0.0']);
    expect(names({ roots: ['b'], candidates, lock })).toEqual(['b@1.0.0']);
    expect(names({ roots: ['b@>=1.1'], candidates, lock })).toEqual(['b@2.0.0']);
  });

  test('of two that offer the same, the lock decides, then the offered version, then the id', () => {
    const candidates = [
      capsule('a@1.0.0', ['geo']),
      capsule('x@1.0.0', [], { provides: ['geo@1.5.0'] }),
      capsule('y@9.0.0', [], { provides: ['geo@1.4.0'] }),
      capsule('w@1.0.0', [], { provides: ['geo@1.5.0'] }),
    ];
    const tree = `sha256:${'0'.repeat(64)}` as const;
    const locked = (id: string, version: string) => ({
      version: 1 as const,
      roots: ['a'],
      capsules: [
        { id: 'a', version: '1.0.0', tree, bindings: { geo: id } },
        { id, version, tree, bindings: {} },
      ],
    });
    expect(resolveCapsules({ roots: ['a'], candidates }).bindings.a).toEqual({ geo: 'w' });
    expect(resolveCapsules({ roots: ['a'], candidates, lock: locked('y', '9.0.0') }).bindings.a).toEqual({
      geo: 'y',
    });
  });

  test('a less trusted capsule does not displace a more trusted one, whatever version or zone it claims', () => {
    const geo = (id: string, version: string) =>
      capsule(`${id}@${version}`, [], { provides: ['geo'], zone: 'system' });
    const bound = (dependent: string, ...others: Manifest[]) => {
      const zone = dependent.startsWith('hypersync.') ? 'system' : 'session';
      const candidates = [capsule(`${dependent}@1.0.0`, ['geo'], { zone }), ...others];
      const answer = tryResolve({ roots: [dependent], candidates });
      return answer.ok ? answer.bindings[dependent]?.geo : answer.diagnostic.code;
    };
    const core = geo('hypersync.core.geo', '1.0.0');
    const mallory = geo('user.mallory.geo', '99.0.0');
    expect(bound('user.ada.app', core, mallory)).toBe('hypersync.core.geo');
    expect(bound('user.ada.app', mallory)).toBe('user.mallory.geo');
    expect(bound('hypersync.core.app', mallory)).toBe('VNES4007');
    expect(
      refusal({
        roots: ['b'],
        candidates: [capsule('b@1.0.0', ['geo'], { zone: 'system' }), mallory],
      }).help,
    ).not.toContain('let user.mallory.geo@99.0.0');
  });

  test('a capability can be asked for, and an id wins over a capability of the same name', () => {
    const candidates = [
      capsule('geo@1.0.0', [], { provides: [] }),
      capsule('z@1.0.0', [], { provides: ['geo@2.0.0', 'cap'] }),
    ];
    expect(names({ roots: ['cap'], candidates })).toEqual(['z@1.0.0']);
    expect(names({ roots: ['geo'], candidates })).toEqual(['geo@1.0.0']);
  });
});

describe('refusals', () => {
  test('a missing capability, with the capsule to add', () => {
    const answer = refusal({ roots: ['a'], candidates: [capsule('a@1.0.0', ['geo@^2.1'])] });
    expect(answer.code).toBe('VNES4009');
    expect(answer.found.split('\n')).toEqual([
      'the request requires a:',
      '  a@1.0.0 fails, since',
      '    a@1.0.0 requires geo@^2.1, which no capsule provides',
    ]);
    expect(answer.help).toBe(
      'add a capsule that offers geo@2.1.0, promises D0_bit_exact and runs in the tenant zone',
    );
  });

  test('a range that nothing meets, with the range that would do', () => {
    const candidates = [capsule('a@1.0.0', ['b.cap@^2']), capsule('b@1.3.0')];
    const answer = refusal({ roots: ['a'], candidates });
    expect(answer.code).toBe('VNES4007');
    expect(answer.found).toContain('b@1.3.0 offers 1.3.0, outside ^2');
    expect(answer.help.split('\n')[0]).toBe('let a@1.0.0 require b.cap@^2 || 1.3.0 instead of b.cap@^2');
  });

  test('two versions of one capsule, with both who want it', () => {
    const candidates = [
      capsule('a@1.0.0', ['c.cap@^1']),
      capsule('b@1.0.0', ['c.cap@^2']),
      capsule('c@1.0.0'),
      capsule('c@2.0.0'),
    ];
    const answer = refusal({ roots: ['a', 'b'], candidates });
    expect(answer.code).toBe('VNES4007');
    expect(answer.found).toContain('c@2.0.0 cannot stand beside c@1.0.0, which a@1.0.0 requires as c.cap@^1');
  });

  test('a circle, with its path', () => {
    const candidates = [
      capsule('a@1.0.0', ['b.cap']),
      capsule('b@1.0.0', ['c.cap']),
      capsule('c@1.0.0', ['a.cap']),
    ];
    const answer = refusal({ roots: ['a'], candidates });
    expect(answer.code).toBe('VNES4008');
    expect(answer.found).toContain('a@1.0.0 would close a circle: c@1.0.0 -> a@1.0.0 -> b@1.0.0 -> c@1.0.0');
    expect(refusal({ roots: ['a'], candidates: [capsule('a@1.0.0', ['a.cap'])] }).code).toBe('VNES4008');
  });

  test('weaker determinism and less trusted zones', () => {
    const weak = [capsule('a@1.0.0', ['b.cap']), capsule('b@1.0.0', [], { tier: 'NX' })];
    expect(refusal({ roots: ['a'], candidates: weak }).found).toContain(
      'b@1.0.0 promises NX_experimental, weaker than the D0_bit_exact of a@1.0.0',
    );
    const low = [
      capsule('a@1.0.0', ['b.cap'], { zone: 'system' }),
      capsule('b@1.0.0', [], { zone: 'session' }),
    ];
    const answer = refusal({ roots: ['a'], candidates: low });
    expect(answer.found).toContain(
      'b@1.0.0 is in the session zone, less trusted than the system zone of a@1.0.0',
    );
    expect(answer.help).toContain('let b@1.0.0 promise D0_bit_exact and run in the system zone');
  });

  test('a minimum tier holds for all', () => {
    const candidates = [capsule('a@1.0.0', [], { tier: 'D1' })];
    const constraints = { minTier: 'D0_bit_exact' } as const;
    expect(refusal({ roots: ['a'], candidates, constraints }).found).toContain(
      'weaker than the D0_bit_exact that was asked',
    );
  });

  test('a capability whose name no lock file can hold', () => {
    const candidates = [
      capsule('a@1.0.0', ['__proto__']),
      capsule('b@1.0.0', [], { provides: ['__proto__'] }),
    ];
    expect(() => tryResolve({ roots: ['a'], candidates })).toThrow('VNES4005');
  });

  test('broken ranges, versions and doubles are told all at once', () => {
    const codes = (roots: string[], candidates: Manifest[]): string[] => {
      try {
        resolveCapsules({ roots, candidates });
        return [];
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return error.diagnostics.map(({ code, message }) => `${code} ${message}`);
      }
    };
    expect(codes(['a'], [capsule('a@1.0.0', ['b@not a range', 'c@'], { provides: ['x@1'] })])).toEqual([
      'VNES4005 a@1.0.0: provides x has a broken version or range',
      'VNES4005 a@1.0.0: requires b has a broken version or range',
      'VNES4005 a@1.0.0: requires c has a broken version or range',
    ]);
    expect(codes(['a@%'], [capsule('a@1.0.0')])).toEqual([
      'VNES4005 the request: requires a has a broken version or range',
    ]);
    expect(codes(['a'], [capsule('a@1.0.0'), capsule('a@1.0.0')])).toEqual(['VNES4006 a@1.0.0 occurs twice']);
    expect(codes([], [capsule('a@1.0.0')])).toEqual(['VNES4001 no capsule and no capability was asked for']);
  });
});
