import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { policyDigest } from '../../src/trust/policy/parse.ts';
import { runCli, runJson } from '../cli/run.ts';
import { MANIFEST, temporaryFolder, writeFiles } from './capsules.ts';
import { policyOf, rule } from './governed.ts';

const NOW = ['--now', '2026-06-01T00:00:00Z'];
let prepared = '';

/** Made once by the real commands: two keys, a capsule that ada signed, and a root that both have to change. */
beforeAll(async () => {
  prepared = mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-policies-'));
  const options = { cwd: path.join(prepared, 'repo'), env: { HOME: prepared } };
  writeFiles(options.cwd, {
    '.git/HEAD': '',
    'counter/manifest.json': JSON.stringify(MANIFEST),
    'counter/spec/logic.md': '# counter\n',
    'easy.json': JSON.stringify(EASY),
    'strict.json': JSON.stringify(STRICT, undefined, 4),
  });
  const seat = ['--namespace', 'user.*', '--threshold', '1'];
  for (const words of [
    ['keys', 'create', '--name', 'ada', '--no-passphrase'],
    ['keys', 'create', '--name', 'bob', '--no-passphrase'],
    ['sign', 'counter', '--key', 'ada'],
    ['trust', 'init', 'acme', '--key', 'ada', '--key', 'bob', '--namespace', 'user.*', ...NOW],
    ['trust', 'add', 'ada', '--role', 'build', ...seat, ...NOW],
    ['trust', 'add', 'bob', '--role', 'waive', ...seat, '--key', 'ada', '--key', 'bob', ...NOW],
  ]) {
    expect(await runCli(words, options)).toMatchObject({ status: 0 });
  }
}, 60_000);

afterAll(() => rmSync(prepared, { recursive: true }));

const EASY = policyOf(rule({ demand: { types: ['logic'] } }));
const STRICT = policyOf(rule({ demand: { types: ['driver'] }, waivable: true }));

/** A copy of it for one test. */
function workshop() {
  const home = path.join(temporaryFolder(), 'home');
  cpSync(prepared, home, { recursive: true });
  const cwd = path.join(home, 'repo');
  const options = { cwd, env: { HOME: home } };
  const at = (name: string) => path.join(cwd, name);
  const json = (...args: string[]) => runJson([...args, ...NOW], options);
  return {
    at,
    json,
    text: async (...args: string[]) => (await runCli([...args, ...NOW], options)).stdout,
    codes: async (...args: string[]) => (await json(...args)).diagnostics.map(({ code }) => code),
    write: (name: string, policy: JsonObject) => writeFileSync(at(name), JSON.stringify(policy)),
    there: (...names: string[]) => names.filter(name => existsSync(at(name))),
  };
}

const FILES = [
  'vnes.policy.json',
  'vnes.policy.draft.json',
  'vnes.trust.draft.json',
  'vnes.waivers.json',
] as const;

describe('vnes trust policy', () => {
  test('drafts, and the policy moves with the root', async () => {
    const { json, codes, there, at } = workshop();
    const drafted = await json('trust', 'policy', 'strict.json', '--key', 'ada');
    expect(drafted.data).toMatchObject({
      in_force: false,
      version: 3,
      changes: [`+ policy: ${policyDigest(STRICT)}`, expect.stringContaining('+ rule: rule (enforce *): ')],
    });
    expect(there(...FILES)).toEqual(['vnes.policy.draft.json', 'vnes.trust.draft.json']);
    expect(await codes('verify')).toEqual([]);
    expect((await json('trust', 'sign', '--key', 'bob')).data).toMatchObject({ in_force: true });
    expect(there(...FILES)).toEqual(['vnes.policy.json']);
    expect(readFileSync(at('vnes.policy.json'), 'utf8')).toBe(JSON.stringify(STRICT, undefined, 4));
    expect(await codes('verify')).toEqual(['VNES3007']);
  });

  test('at once with all keys, and again to none', async () => {
    const { json, codes, there } = workshop();
    await json('trust', 'policy', 'easy.json', '--key', 'ada', '--key', 'bob');
    expect(await codes('verify')).toEqual([]);
    const none = await json('trust', 'policy', '--none', '--key', 'ada', '--key', 'bob');
    expect(none.data).toMatchObject({
      in_force: true,
      changes: [expect.stringMatching(/^- policy/), expect.stringMatching(/^- rule/)],
    });
    expect(there(...FILES)).toEqual([]);
    expect(await codes('verify')).toEqual([]);
  });

  test('is shown rule by rule, also what a draft changes', async () => {
    const { json, text } = workshop();
    await json('trust', 'policy', 'easy.json', '--key', 'ada', '--key', 'bob');
    await json('trust', 'policy', 'strict.json');
    const shown = await text('trust', 'show');
    expect(shown).toContain(
      `  policy  ${policyDigest(EASY)}\n  rule    rule (enforce *): {"types":["logic"]}; because`,
    );
    expect(shown).toContain(
      `  - policy: ${policyDigest(EASY)}\n  + policy: ${policyDigest(STRICT)}\n  - rule: rule`,
    );
    expect(shown).toContain('  + rule: rule (enforce *): {"types":["driver"]}, waivable; because');
  });

  test('stays pinned when the draft, or a later version, changes in something else', async () => {
    const { json, codes } = workshop();
    await json('trust', 'policy', 'strict.json');
    await json('trust', 'rotate', '--days', '30', '--key', 'ada', '--key', 'bob');
    expect(await codes('verify')).toEqual(['VNES3007']);
    await json('trust', 'rotate', '--days', '40', '--key', 'ada', '--key', 'bob');
    expect(await codes('verify')).toEqual(['VNES3007']);
  });

  test('does not take its place without the policy', async () => {
    const { json, codes, there, at } = workshop();
    await json('trust', 'policy', 'strict.json', '--key', 'ada');
    rmSync(at('vnes.policy.draft.json'));
    expect(await codes('trust', 'sign', '--key', 'bob')).toEqual(['VNES2070']);
    expect(there(...FILES)).toEqual(['vnes.trust.draft.json']);
    expect(await codes('verify')).toEqual([]);
    cpSync(at('strict.json'), at('vnes.policy.json'));
    expect(await codes('trust', 'sign', '--key', 'bob')).toEqual([]);
    expect(await codes('verify')).toEqual(['VNES3007']);
  });

  test('that was interrupted between policy and root admits nothing, and is signed again', async () => {
    const { json, codes, at } = workshop();
    await json('trust', 'policy', 'easy.json', '--key', 'ada');
    cpSync(at('vnes.policy.draft.json'), at('vnes.policy.json'));
    expect(await codes('verify')).toEqual(['VNES3003']);
    await json('trust', 'sign', '--key', 'bob');
    expect(await codes('verify')).toEqual([]);
  });

  test.each<[string, JsonObject | undefined, readonly string[], string]>([
    ['no file', undefined, ['trust', 'policy', 'nowhere.json'], 'VNES1010'],
    ['nothing to pin', undefined, ['trust', 'policy'], 'VNES9006'],
    ['a file and none', undefined, ['trust', 'policy', 'easy.json', '--none'], 'VNES9006'],
    ['no policy', { version: 1, rules: [] }, [], 'VNES1011'],
    ['an expression that is none', policyOf(rule({ expression: 'capsule.idd' })), [], 'VNES3005'],
    ['a role that nobody has', policyOf(rule({ demand: { reviewers: { min: 1 } } })), [], 'VNES3004'],
    [
      'a role that nobody has there',
      policyOf(rule({ scopes: [{ namespace: 'acme.*', level: 'warn' }], demand: { signers: { build: 2 } } })),
      [],
      'VNES3004',
    ],
  ])('refuses %s', async (_, policy, words, code) => {
    const { codes, write, there } = workshop();
    if (policy) write('other.json', policy);
    expect(await codes(...(words.length > 0 ? words : ['trust', 'policy', 'other.json']))).toEqual([code]);
    expect(there(...FILES)).toEqual([]);
  });
});

describe('vnes waive', () => {
  const WAIVE = [
    ...['waive', 'user.ada.counter', '--check', 'policy/rule', '--reason', 'it is late', '--owner', 'ada'],
    ...['--days', '14'],
  ];

  async function refusing() {
    const shop = workshop();
    await shop.json('trust', 'policy', 'strict.json', '--key', 'ada', '--key', 'bob');
    return shop;
  }

  test('writes a waiver that counts, and verify says by whom', async () => {
    const { json, codes, text } = await refusing();
    expect(await codes('verify')).toEqual(['VNES3007']);
    expect((await json(...WAIVE, '--key', 'bob')).data).toMatchObject({ missing: 0, signed_by: ['bob'] });
    const verified = await json('verify');
    expect(verified).toMatchObject({ exitCode: 0, data: { totals: { waived: 1, verified: 0, failed: 0 } } });
    expect(verified.diagnostics).toMatchObject([{ code: 'VNES3007', severity: 'warning' }]);
    expect(await text('verify')).toMatch(/^waived/);
    expect(await codes('resolve', '--require', 'count', '--dry-run')).toEqual([]);
  });

  test('is told as unused where everything was looked at, and only there', async () => {
    const { json, codes } = await refusing();
    await json(...WAIVE, '--key', 'bob');
    await json('trust', 'policy', 'easy.json', '--key', 'ada', '--key', 'bob');
    expect(await codes('verify')).toEqual(['VNES3012']);
    expect(await codes('verify', 'counter')).toEqual([]);
    expect(await codes('verify', '--waivers', 'vnes.waivers.json')).toEqual(['VNES3012']);
  });

  test('writes nothing when it only tries', async () => {
    const { json, there } = await refusing();
    expect((await json(...WAIVE, '--key', 'bob', '--dry-run')).data).toMatchObject({ missing: 0 });
    expect(there('vnes.waivers.json')).toEqual([]);
  });

  test('signs again what it signed before, and refuses a taken id', async () => {
    const { json, codes, at } = await refusing();
    await json(...WAIVE, '--key', 'bob');
    const once = readFileSync(at('vnes.waivers.json'), 'utf8');
    expect(await codes('waive', '--add', 'counter-rule', '--key', 'bob')).toEqual([]);
    expect(readFileSync(at('vnes.waivers.json'), 'utf8')).toBe(once);
    expect(await codes(...WAIVE, '--key', 'bob')).toEqual(['VNES3013']);
    expect(await codes(...WAIVE, '--key', 'bob', '--id', 'another')).toEqual([]);
  });

  test.each<[string, readonly string[], string]>([
    ['a key that may not waive', [...WAIVE, '--key', 'ada'], 'VNES3013'],
    ['a check that nobody may waive', [...WAIVE, '--check', 'receipt.files', '--key', 'bob'], 'VNES3013'],
    ['a rule that there is not', [...WAIVE, '--check', 'policy/other', '--key', 'bob'], 'VNES3013'],
    [
      'a time that is past',
      [...WAIVE.slice(0, -2), '--expires', '2026-05-01T00:00:00Z', '--key', 'bob'],
      'VNES3013',
    ],
    ['no time', [...WAIVE.slice(0, -2), '--key', 'bob'], 'VNES3013'],
    ['no owner', [...WAIVE.filter(word => word !== '--owner' && word !== 'ada'), '--key', 'bob'], 'VNES3013'],
    ['an id that there is not', ['waive', '--add', 'nothing', '--key', 'bob'], 'VNES3013'],
    ['nothing', ['waive', '--key', 'bob'], 'VNES9006'],
    [
      'everything',
      [...WAIVE.map(word => (word === 'user.ada.counter' ? '*' : word)), '--key', 'bob'],
      'VNES3013',
    ],
    ['a digest that is none', [...WAIVE, '--content', 'x', '--key', 'bob'], 'VNES1011'],
  ])('refuses %s', async (_, words, code) => {
    const { codes, there } = await refusing();
    expect(await codes(...words)).toEqual([code]);
    expect(there('vnes.waivers.json')).toEqual([]);
  });

  test('needs a trust root', async () => {
    const { codes, at } = workshop();
    rmSync(at('vnes.trust.json'));
    expect(await codes(...WAIVE, '--key', 'bob')).toEqual(['VNES3013']);
  });
});
