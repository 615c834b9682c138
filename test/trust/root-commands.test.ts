import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, runJson } from '../cli/run.ts';
import { MANIFEST, temporaryFolder, writeFiles } from './capsules.ts';

const NOW = ['--now', '2026-06-01T00:00:00Z'];
let prepared = '';

/** Made once by the real commands: three keys, a capsule that ada signed, and a root that asks for two of three. */
beforeAll(async () => {
  prepared = mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-roots-'));
  const cwd = path.join(prepared, 'repo');
  writeFiles(prepared, {
    'repo/.git/HEAD': '',
    'repo/counter/manifest.json': JSON.stringify({ ...MANIFEST, id: 'user.ada.counter' }),
    'repo/counter/spec/logic.md': '# counter\n',
  });
  for (const name of ['ada', 'bob', 'cyd'])
    await good(['keys', 'create', '--name', name, '--no-passphrase'], { cwd, env: { HOME: prepared } });
  await good(['sign', 'counter', '--key', 'ada'], { cwd, env: { HOME: prepared } });
  const init = [
    'trust',
    'init',
    'acme',
    '--key',
    'ada',
    '--key',
    'bob',
    '--principal',
    'cyd=cyd',
    '--threshold',
    '2',
  ];
  await good([...init, '--namespace', 'user.ada.*', ...NOW], { cwd, env: { HOME: prepared } });
}, 60_000);

afterAll(() => rmSync(prepared, { recursive: true }));

async function good(...[args, options]: Parameters<typeof runCli>): Promise<string> {
  const ended = await runCli(args, options);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return ended.stdout;
}

/** A copy of it for one test. */
function workshop() {
  const home = path.join(temporaryFolder(), 'home');
  cpSync(prepared, home, { recursive: true });
  const cwd = path.join(home, 'repo');
  const options = { cwd, env: { HOME: home } };
  return {
    at: (...names: string[]) => path.join(cwd, ...names),
    run: (...args: string[]) => runCli([...args, ...NOW], options),
    plain: (...args: string[]) => runCli(args, options),
    json: (...args: string[]) => runJson([...args, ...NOW], options),
    good: (...args: string[]) => good([...args, ...NOW], options),
  };
}

const version = (file: string) => JSON.parse(readFileSync(file, 'utf8')).signed.version as number;

describe('vnes trust', () => {
  test('asks for a second signature, names the command, and that command is enough', async () => {
    const { run, plain, json } = workshop();
    const { diagnostics } = await json('verify');
    expect(diagnostics).toMatchObject([{ code: 'VNES2065', help: 'vnes sign --add --key bob counter' }]);
    const help = diagnostics[0]!.help!.split(' ').slice(1);
    expect(await plain(...help)).toMatchObject({ status: 0 });
    expect(await run('verify')).toMatchObject({ status: 0, stderr: '' });
  });

  test('drafts beside the root, which stays in force until old and new have signed', async () => {
    const { at, good, json } = workshop();
    const [root, draft] = [at('vnes.trust.json'), at('vnes.trust.draft.json')];
    await good('trust', 'rotate', '--days', '30', '--key', 'ada');
    expect([version(root), version(draft)]).toEqual([1, 2]);
    expect((await json('trust', 'show')).data).toMatchObject({
      root: { version: 1 },
      draft: {
        root: { version: 2, expires: '2026-07-01T00:00:00Z' },
        missing: [{ missing: 1 }, { missing: 1 }],
      },
    });
    await good('trust', 'sign', '--key', 'ada');
    expect(version(root)).toBe(1);
    await good('trust', 'sign', '--key', 'cyd');
    expect(version(root)).toBe(2);
    expect(existsSync(draft)).toBe(false);
  });

  test('drops the signatures of a draft that is changed again', async () => {
    const { at, good } = workshop();
    await good('trust', 'rotate', '--days', '30', '--key', 'ada');
    await good('trust', 'add', 'bob', '--role', 'deploy', '--namespace', 'user.*', '--key', 'bob');
    expect(version(at('vnes.trust.json'))).toBe(1);
    await good('trust', 'sign', '--key', 'cyd');
    expect(version(at('vnes.trust.json'))).toBe(2);
  });

  test('revokes: what the key signed counts no longer', async () => {
    const { good, plain, run } = workshop();
    expect(await plain('sign', 'counter', '--add', '--key', 'bob')).toMatchObject({ status: 0 });
    expect(await run('verify')).toMatchObject({ status: 0 });
    await good('trust', 'revoke', 'ada', '--reason', 'lost laptop', '--key', 'bob', '--key', 'cyd');
    const verified = await run('verify');
    expect(verified.status).toBe(1);
    expect(verified.stderr).toContain('found: bob; not counted: ada signed with a revoked key');
    expect(await good('trust', 'show')).toContain('lost laptop');
  });

  test('does not go back: an older root, another root, a list of keys or none is refused', async () => {
    const { at, good, json } = workshop();
    const root = at('vnes.trust.json');
    const old = readFileSync(root);
    await good('trust', 'rotate', '--days', '30', '--key', 'ada', '--key', 'cyd');
    expect((await json('verify')).diagnostics[0]?.code).toBe('VNES2065');
    const codes: (string | undefined)[] = [];
    const attempt = async () => codes.push((await json('verify')).diagnostics[0]?.code);
    writeFileSync(root, old);
    await attempt();
    rmSync(root);
    await attempt();
    writeFileSync(
      root,
      JSON.stringify({
        version: 1,
        keys: [
          {
            name: 'eve',
            public_key: JSON.parse(String(old)).signed.principals[0].keys[0],
            namespaces: ['user.ada.*'],
          },
        ],
      }),
    );
    await attempt();
    renameSync(root, at('list.json'));
    symlinkSync('list.json', root);
    await attempt();
    rmSync(root);
    mkdirSync(at('below'));
    renameSync(at('list.json'), at('below/vnes.trust.json'));
    cpSync(at('counter'), at('below/counter'), { recursive: true });
    codes.push((await json('verify', 'below')).diagnostics[0]?.code);
    const inside = await runJson(['verify', ...NOW], { cwd: at('below'), env: { HOME: at('..') } });
    codes.push(inside.diagnostics[0]?.code);
    rmSync(at('below'), { recursive: true });
    writeFileSync(root, old);
    cpSync(at('counter/manifest.json'), at('manifest.json'));
    const whole = await json('verify');
    codes.push(whole.diagnostics.find(({ code }) => code !== 'VNES2001')?.code);
    rmSync(at('manifest.json'));
    rmSync(root);
    await good('trust', 'init', 'mine', '--key', 'ada', '--namespace', 'user.ada.*');
    await attempt();
    expect(codes).toEqual(['VNES2064', ...Array(7).fill('VNES2067')]);
  });

  test('a list of keys below a root does not take its place', async () => {
    const { at, json } = workshop();
    const { root } = (await json('trust', 'show')).data as { root: { principals: { keys: string[] }[] } };
    const entry = { name: 'eve', public_key: root.principals[0]!.keys[0], namespaces: ['user.ada.*'] };
    mkdirSync(at('below'));
    cpSync(at('counter'), at('below/counter'), { recursive: true });
    writeFileSync(at('below/vnes.trust.json'), JSON.stringify({ version: 1, keys: [entry] }));
    const below = await runJson(['verify', ...NOW], { cwd: at('below'), env: { HOME: at('..') } });
    expect(below.diagnostics).toMatchObject([{ code: 'VNES2065' }]);
  });

  test('holds expiry against the given time', async () => {
    const { plain } = workshop();
    const late = await plain('verify', '--now', '2027-06-01T00:00:00Z');
    expect(late.status).toBe(1);
    expect(late.stderr).toContain('VNES2063');
    expect(await plain('verify', '--now', 'tomorrow')).toMatchObject({ status: 2 });
    expect((await plain('trust', 'show', '--now', '2027-06-01T00:00:00Z')).stderr).toContain('VNES2063');
  });

  test('an expired root can be renewed, and by nothing but its signatures', async () => {
    const { plain, at } = workshop();
    const late = ['--now', '2027-06-01T00:00:00Z'];
    await plain('trust', 'rotate', '--key', 'ada', ...late);
    expect((await plain('verify', ...late)).status).toBe(1);
    await plain('trust', 'sign', '--key', 'bob', ...late);
    expect(version(at('vnes.trust.json'))).toBe(2);
    expect((await plain('verify', ...late)).stderr).not.toContain('VNES2063');
  });

  test.each<[string, string[], string]>([
    ['a second root', ['trust', 'init', 'other', '--key', 'ada', '--namespace', 'user.*'], 'VNES2070'],
    ['a root without namespaces', ['trust', 'init', 'other', '--root', 'x.json', '--key', 'ada'], 'VNES2070'],
    [
      'a root without keys',
      ['trust', 'init', 'other', '--root', 'x.json', '--namespace', 'user.*'],
      'VNES2070',
    ],
    [
      'a threshold beyond its keys',
      [
        'trust',
        'init',
        'other',
        '--root',
        'x.json',
        '--key',
        'ada',
        '--namespace',
        'a.*',
        '--threshold',
        '2',
      ],
      'VNES2060',
    ],
    ['a threshold of none', ['trust', 'add', 'ada', '--role', 'root', '--threshold', '0'], 'VNES9006'],
    [
      'a namespace for everything',
      ['trust', 'add', 'ada', '--role', 'build', '--namespace', '*'],
      'VNES1011',
    ],
    [
      'a role that there is not',
      ['trust', 'add', 'ada', '--role', 'admin', '--namespace', 'user.*'],
      'VNES9006',
    ],
    ['a role without a namespace', ['trust', 'add', 'ada', '--role', 'build'], 'VNES9006'],
    ['a principal without a key', ['trust', 'add', 'dan', '--role', 'root'], 'VNES2070'],
    ['a key that is there already', ['trust', 'add', 'dan', '--public', 'ada'], 'VNES2060'],
    ['nothing to add', ['trust', 'add', 'ada'], 'VNES2070'],
    ['an unknown principal', ['trust', 'revoke', 'dan'], 'VNES2070'],
    ['a key of somebody else', ['trust', 'revoke', 'ada', '--public', 'bob'], 'VNES2070'],
    [
      'a role that he does not have',
      ['trust', 'revoke', 'ada', '--role', 'waive', '--namespace', 'user.*'],
      'VNES2070',
    ],
    ['a rotation without a key', ['trust', 'rotate', 'ada'], 'VNES2070'],
    ['nothing to sign', ['trust', 'sign', '--key', 'ada'], 'VNES2070'],
    ['no root at all', ['trust', 'show', '--root', 'none.json'], 'VNES2070'],
    ['what is no root', ['trust', 'show', '--root', 'counter/manifest.json'], 'VNES2070'],
  ])('refuses %s, and writes nothing', async (_, args, code) => {
    const { at, json } = workshop();
    const before = readFileSync(at('vnes.trust.json'), 'utf8');
    expect((await json(...args)).diagnostics[0]?.code).toBe(code);
    expect(readFileSync(at('vnes.trust.json'), 'utf8')).toBe(before);
    expect(existsSync(at('vnes.trust.draft.json')) || existsSync(at('x.json'))).toBe(false);
  });

  test('refuses to sign with a key that has no say, and a draft that was edited', async () => {
    const { at, good, json, plain } = workshop();
    await plain('keys', 'create', '--name', 'eve', '--no-passphrase');
    await good('trust', 'rotate', '--days', '30', '--key', 'ada');
    const draft = at('vnes.trust.draft.json');
    expect((await json('trust', 'sign', '--key', 'eve')).diagnostics[0]?.code).toBe('VNES2070');
    writeFileSync(draft, readFileSync(draft, 'utf8').replace('"threshold": 2', '"threshold": 1'));
    expect((await json('trust', 'sign', '--key', 'cyd')).diagnostics[0]?.code).toBe('VNES2069');
    expect(version(at('vnes.trust.json'))).toBe(1);
  });

  test('tells those who sign what changes, and signs nothing but what they were shown', async () => {
    const { good, json } = workshop();
    const drafted = await good('trust', 'revoke', 'bob', '--reason', 'lost laptop', '--key', 'ada');
    expect(drafted).toMatch(
      /^ {2}- key: bob MCow.*\n {2}\+ key: bob, none\n {2}\+ revoked: bob MCow.* \(lost laptop\)$/m,
    );
    const shown = (await json('trust', 'show')).data as { digest: string; draft: { digest: string } };
    const other = await json('trust', 'sign', '--key', 'cyd', '--digest', shown.digest);
    expect(other.diagnostics[0]?.code).toBe('VNES2070');
    expect((await json('trust', 'sign', '--key', 'cyd', '--digest', shown.draft.digest)).data).toMatchObject({
      in_force: true,
    });
  });

  test('refuses a draft that does not continue the root in force', async () => {
    const { at, good, json } = workshop();
    await good('trust', 'rotate', '--days', '30', '--key', 'ada');
    const draft = readFileSync(at('vnes.trust.draft.json'));
    await good('trust', 'sign', '--key', 'cyd');
    writeFileSync(at('vnes.trust.draft.json'), draft);
    expect((await json('trust', 'sign', '--key', 'bob')).diagnostics[0]?.code).toBe('VNES2070');
  });
});
