import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { tokenSigner } from '../../src/trust/token/token-key.ts';
import { runCli, runJson } from '../cli/run.ts';
import { makeCapsule } from '../trust/capsules.ts';
import { failure } from './agents.ts';
import { HAS_TOKENS, PIN, portsWithPython, Tokens } from './tokens.ts';

const pin = async () => PIN;

/** Whether a process of Linux is there, and not only its exit status. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.skipIf(!HAS_TOKENS)('a key in a token', () => {
  test('signs messages of any length, by its label and by its id', async () => {
    const tokens = new Tokens();
    tokens.init('release keys');
    tokens.pair('release keys', 'ada', '01');
    tokens.pair('release keys', 'bob', '0203');
    for (const [attributes, name] of [
      ['token=release%20keys;object=ada', 'ada'],
      ['token=release%20keys;id=%02%03', 'bob'],
      ['model=SoftHSM%20v2;manufacturer=SoftHSM%20project;object=bob;id=%02%03', 'bob'],
    ] as const) {
      const signer = await tokenSigner(tokens.key(attributes), pin, tokens.ports);
      expect(signer.name).toBe(name);
      for (const length of [0, 1, 1024, 1025, 300_000]) {
        const message = Buffer.alloc(length, 'm');
        expect(signer.public.verifies(message, await signer.sign(message))).toBe(true);
      }
    }
  });

  test('signs receipts and roots by the real commands, with the PIN from a file, a pipe or a descriptor', async () => {
    const tokens = new Tokens();
    tokens.init('release');
    tokens.pair('release', 'ada', '01');
    const cwd = path.dirname(makeCapsule());
    const at = { cwd, env: { ...tokens.env, PATH: process.env.PATH! } };
    const key = ['--key', tokens.key('token=release;object=ada')];
    const file = ['--passphrase-file', tokens.pinFile];
    const init = ['trust', 'init', 'acme', ...key, ...file, '--namespace', 'user.ada.*'];
    expect(await runJson(init, at)).toMatchObject({ ok: true, data: { in_force: true } });
    expect(await runJson(['sign', 'counter', ...key, ...file, '--detached', 'out'], at)).toMatchObject({
      ok: true,
    });
    const verified = await runJson(['verify'], at);
    expect(verified).toMatchObject({ ok: true, data: { verdicts: [{ admitted: true, signers: ['ada'] }] } });
    for (const words of [
      ['--passphrase-file', '-'],
      ['--passphrase-fd', '0'],
    ]) {
      const signed = await runJson(['sign', 'counter', ...key, ...words], { ...at, input: PIN });
      expect(signed).toMatchObject({ ok: true });
    }
    expect((await runJson(['sign', 'counter', ...key], at)).diagnostics[0]?.code).toBe('VNES2034');
    const shown = await runJson(['keys', 'show', key[1]!, ...file], at);
    const { keyid } = JSON.parse(readFileSync(path.join(cwd, 'counter/receipt.stunir.json'), 'utf8'))
      .signatures[0];
    expect(shown).toMatchObject({ ok: true, data: { keyid } });
  });

  test('is not opened by a wrong PIN, which is tried once', async () => {
    const tokens = new Tokens();
    tokens.init('release');
    tokens.pair('release', 'ada', '01');
    const sign = (given: string) =>
      failure(() => tokenSigner(tokens.key('object=ada'), async () => given, tokens.ports));
    for (const wrong of ['9999', '1', 'x'.repeat(300)]) {
      expect(await sign(wrong)).toMatchObject({
        code: 'VNES2032',
        message: 'the PIN does not open the token',
      });
    }
  });

  test('is refused when it is unknown, one of several, or of another kind', async () => {
    const tokens = new Tokens();
    const sign = (attributes: string) =>
      failure(() => tokenSigner(tokens.key(attributes), pin, tokens.ports));
    expect(await sign('token=release')).toMatchObject({ code: 'VNES2031', message: 'no token fits' });
    tokens.init('release');
    expect(await sign('token=Release')).toMatchObject({
      code: 'VNES2031',
      expected: expect.stringContaining('token="release"'),
    });
    expect(await sign('token=release;object=ada')).toMatchObject({ code: 'VNES2031' });
    tokens.pair('release', 'ada', '01');
    tokens.pair('release', 'ada', '02');
    expect(await sign('object=ada')).toMatchObject({
      code: 'VNES2031',
      message: 'several keys of the token fit',
      expected: expect.stringContaining('id="02"'),
    });
    expect(await sign('object=ada;id=%02')).toBeUndefined();
    tokens.pair('release', 'nist', '03', 'EC:prime256v1');
    expect(await sign('object=nist')).toMatchObject({ code: 'VNES2032', found: 'a key of type 0x3' });
    tokens.pair('release', 'old', '04', 'rsa:2048');
    expect(await sign('object=old')).toMatchObject({ code: 'VNES2032', found: 'a key of type 0x0' });
    tokens.init('second');
    expect(await sign('object=ada;id=%02')).toMatchObject({
      code: 'VNES2031',
      message: 'several tokens fit',
    });
    tokens.init('release');
    expect(await sign('token=release')).toMatchObject({ code: 'VNES2031', found: '2 tokens' });
  });

  test('is refused when its public half is missing, doubled or that of another key', async () => {
    const tokens = new Tokens();
    tokens.init('release');
    for (const [label, id] of [
      ['ada', '01'],
      ['bob', '02'],
    ] as const)
      tokens.pair('release', label, id);
    const key = tokens.key('object=ada');
    tokens.tool('release', '--delete-object', '--type', 'pubkey', '--id', '01');
    const missing = await failure(() => tokenSigner(key, pin, tokens.ports));
    expect(missing).toMatchObject({ code: 'VNES2032', found: '0 public keys' });
    tokens.tool('release', '--type', 'pubkey', '--id', '02', '--set-id', '01');
    const signer = await tokenSigner(key, pin, tokens.ports);
    const { signatureBy } = await import('../../src/trust/signer.ts');
    expect(await failure(() => signatureBy(signer, Buffer.from('m')))).toMatchObject({ code: 'VNES2038' });
    tokens.pair('release', 'cyd', '01');
    const doubled = await failure(() => tokenSigner(key, pin, tokens.ports));
    expect(doubled).toMatchObject({ code: 'VNES2032', found: '2 public keys' });
  });

  test('shows its PIN to nobody: neither in the arguments of the program nor in its environment', async () => {
    const tokens = new Tokens();
    tokens.init('release');
    tokens.pair('release', 'ada', '01');
    const python = 'tr "\\0" "\\n" < /proc/$$/cmdline >> "$HOME/seen"; env >> "$HOME/seen"';
    const { folder } = portsWithPython(`${python}\nexec /usr/bin/env -u _ PATH="\${PATH#*:}" python3 "$@"`);
    const cwd = path.dirname(makeCapsule());
    const env = {
      ...tokens.env,
      PATH: `relative:${folder}:${process.env.PATH}`,
      HOME: cwd,
      SECRET: 'of-the-user',
    };
    const words = ['sign', 'counter', '--key', tokens.key('object=ada'), '--passphrase-file', tokens.pinFile];
    expect(await runJson(words, { cwd, env })).toMatchObject({ ok: true });
    const seen = readFileSync(path.join(cwd, 'seen'), 'utf8');
    expect(seen).toContain('SOFTHSM2_CONF=');
    for (const hidden of [PIN, 'of-the-user', 'relative']) expect(seen).not.toContain(hidden);
  });

  test('is asked through Python alone, and through a real module', async () => {
    const tokens = new Tokens();
    const sign = (key: string, ports = tokens.ports) => failure(() => tokenSigner(key, pin, ports));
    expect(await sign('pkcs11:object=a?module-path=/none.so')).toMatchObject({ code: 'VNES2036' });
    expect(await sign(`pkcs11:object=a?module-path=${tokens.pinFile}`)).toMatchObject({ code: 'VNES2036' });
  });
});

const ANSWERS: readonly (readonly [string, string, string])[] = [
  ['says nothing', 'VNES2037', 'exit 0'],
  ['fails', 'VNES2037', 'echo Traceback >&2; exit 1'],
  ['is killed', 'VNES2037', 'kill -SEGV $$'],
  ['hangs', 'VNES2037', 'exec sleep 60'],
  ['prints what is no JSON', 'VNES2037', 'echo Welcome'],
  ['prints without end', 'VNES2037', 'exec yes'],
  ['prints null', 'VNES2037', 'echo null'],
  ['prints another answer', 'VNES2037', `echo '{"done":1}'`],
  ['finds no token', 'VNES2031', `echo '{"done":[]}'`],
  ['cannot load the module', 'VNES2036', `echo '{"unusable":"no such file"}'`],
  ['is told that nothing works', 'VNES2039', `echo '{"refused":"C_Initialize","status":5}'`],
  ['is told that the PIN is locked', 'VNES2032', `echo '{"refused":"C_Login","status":164}'`],
  ['is told that the data is too long', 'VNES2041', `echo '{"refused":"C_Sign","status":33}'`],
  ['is told that there is no EdDSA', 'VNES2039', `echo '{"refused":"C_SignInit","status":112}'`],
];

describe('the program that asks a token', () => {
  test.each(ANSWERS)('%s: %s', async (_, code, script) => {
    const { ports } = portsWithPython(script);
    const patience = { lookupMs: 1500, signingMs: 1500 };
    const problem = await failure(() => tokenSigner('pkcs11:object=ada', pin, ports, patience));
    expect(problem?.code).toBe(code);
    expect(problem?.help).toBeDefined();
  });

  test.skipIf(process.platform !== 'linux')('ends with vnes', async () => {
    const { folder } = portsWithPython('echo $$ > "$HOME/pid"; exec sleep 300');
    const cwd = path.dirname(makeCapsule());
    const entry = path.resolve(import.meta.dirname, '../../src/cli/entry.ts');
    const words = [entry, 'sign', 'counter', '--key', 'pkcs11:object=ada'];
    const env = { PATH: `${folder}:${process.env.PATH}`, HOME: cwd };
    const vnes = spawn(process.execPath, words, { cwd, env, stdio: 'ignore' });
    const file = path.join(cwd, 'pid');
    await expect
      .poll(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), { timeout: 5000 })
      .toBe(true);
    vnes.kill('SIGTERM');
    await new Promise(done => vnes.once('close', done));
    const program = Number(readFileSync(file, 'utf8'));
    await expect.poll(() => isRunning(program), { timeout: 5000 }).toBe(false);
  });

  test('is missing: VNES2036', async () => {
    const cwd = path.dirname(makeCapsule());
    const words = ['sign', 'counter', '--key', 'pkcs11:object=ada'];
    const missing = await runJson(words, { cwd, env: { PATH: cwd } });
    expect(missing).toMatchObject({ exitCode: 4, diagnostics: [{ code: 'VNES2036', found: 'ENOENT' }] });
  });
});

describe('a name of a key in a token', () => {
  test.each([
    'pkcs11:token=release;token=other',
    'pkcs11:slot-id=3',
    'pkcs11:token',
    'pkcs11:token=',
    'pkcs11:token=a b',
    'pkcs11:token=a%2',
    'pkcs11:token=a%gg',
    'pkcs11:token=ä',
    'pkcs11:token=%ff',
    'pkcs11:token=a%00',
    'pkcs11:token=a;',
    'pkcs11:;token=a',
    'pkcs11:object=a?module-path=relative.so',
    'pkcs11:object=a?module-name=softhsm2',
    'pkcs11:object=a?module-path=/a?module-path=/b',
    'pkcs11:object=a?module-path=/a&module-path=/b',
    'pkcs11:object=a;pin-value=1234',
    'pkcs11:object=a?pin-value=1234',
    'pkcs11:object=a?pin-source=/tmp/pin',
    'pkcs11:pin-value=1234',
  ])('%s is refused', async uri => {
    const { ports } = portsWithPython('exit 1');
    const problem = await failure(() => tokenSigner(uri, pin, ports));
    expect(problem?.code).toBe('VNES2042');
    expect(JSON.stringify(problem)).not.toContain('1234');
  });
});

describe('--passphrase-fd', () => {
  test('reads a passphrase from a descriptor, and from none that is not there', async () => {
    const cwd = path.dirname(makeCapsule());
    const create = ['keys', 'create', '--name', 'b', '--passphrase-fd'];
    expect(await runJson([...create, '0'], { cwd, input: 'secret\n' })).toMatchObject({ ok: true });
    const sign = ['sign', 'counter', '--key', 'b', '--passphrase-fd'];
    expect(await runJson([...sign, '0'], { cwd, input: 'secret' })).toMatchObject({ ok: true });
    expect((await runJson([...sign, '0'], { cwd, input: 'guess' })).diagnostics[0]?.code).toBe('VNES2032');
    expect((await runJson([...sign, '0'], { cwd })).diagnostics[0]?.code).toBe('VNES2034');
    expect((await runJson([...sign, '99'], { cwd })).diagnostics[0]?.code).toBe('VNES1010');
    for (const wrong of ['1', '2', '-3', '03', '3x', '', '99999']) {
      expect(
        (await runJson([...sign.slice(0, -1), `--passphrase-fd=${wrong}`], { cwd })).diagnostics[0]?.code,
      ).toBe('VNES9006');
    }
    writeFileSync(path.join(cwd, 'p'), 'secret');
    const both = await runCli([...sign, '0', '--passphrase-file', 'p'], { cwd, input: 'secret' });
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('VNES2034')]);
  });
});
