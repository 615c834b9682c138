import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPrivateKey, readPrivateKey } from '../../src/trust/key-folder.ts';
import { parsePublicKey } from '../../src/trust/public-key-text.ts';
import { agentSigner } from '../../src/trust/ssh/agent-key.ts';
import { runCli, runJson } from '../cli/run.ts';
import { makeCapsule } from '../trust/capsules.ts';
import { Agent, failure, HAS_AGENT, publicLine } from './agents.ts';

describe.skipIf(!HAS_AGENT)('a key in an ssh-agent', () => {
  test('signs messages of any bytes, by its fingerprint and by its comment', async () => {
    const agent = await Agent.start();
    const file = agent.add('ada@laptop');
    agent.add('bob@laptop');
    const key = parsePublicKey(publicLine(file));
    const [, print] = agent.run('ssh-keygen', ['-lf', file]).split(' ');
    for (const name of [print!, 'ada@laptop']) {
      const signer = await agentSigner(name, agent.ports);
      expect([signer.name, signer.public.base64]).toEqual(['ada', key.base64]);
      for (const message of [Buffer.alloc(0), Buffer.from('DSSEv1 x'), Buffer.alloc(200_000, 255)]) {
        expect(key.verifies(message, await signer.sign(message))).toBe(true);
      }
    }
  });

  test('signs receipts, roots, summaries and detached signatures by the real commands', async () => {
    const agent = await Agent.start();
    const file = agent.add('ada@laptop');
    const cwd = path.dirname(makeCapsule());
    const env = { SSH_AUTH_SOCK: agent.socket };
    const key = 'ssh-agent:ada@laptop';
    const init = ['trust', 'init', 'acme', '--key', key, '--namespace', 'user.ada.*'];
    expect(await runJson(init, { cwd, env })).toMatchObject({
      ok: true,
      data: { in_force: true, missing: [] },
    });
    const signed = await runJson(['sign', 'counter', '--key', key, '--detached', 'signatures'], { cwd, env });
    expect(signed).toMatchObject({ ok: true, diagnostics: [] });
    const verified = await runJson(['verify', '--attest', 'summary.json', '--key', key], { cwd, env });
    expect(verified).toMatchObject({ ok: true, data: { verdicts: [{ admitted: true, signers: ['ada'] }] } });
    expect(existsSync(path.join(cwd, 'summary.json'))).toBe(true);
    writeFileSync(path.join(cwd, 'allowed'), `ada ${publicLine(file)}`);
    const sshsig = 'signatures/user.ada.counter@1.2.3.sshsig';
    const words = ['-Y', 'verify', '-f', 'allowed', '-I', 'ada', '-n', 'vnes-receipt', '-s', sshsig];
    const input = readFileSync(path.join(cwd, 'counter/receipt.stunir.json'));
    expect(execFileSync('ssh-keygen', words, { cwd, input, encoding: 'utf8' })).toContain('Good');
  });

  test('is listed and shown, and its public line is taken where public keys are', async () => {
    const agent = await Agent.start();
    const file = agent.add('ada@laptop');
    agent.add('old@laptop', ['-t', 'rsa', '-b', '2048']);
    const [cwd, env] = [agent.folder, { SSH_AUTH_SOCK: agent.socket }];
    const { base64, id } = parsePublicKey(publicLine(file));
    const list = await runJson(['keys', 'list'], { cwd, env });
    const name = expect.stringMatching(/^ssh-agent:SHA256:/);
    expect(list).toMatchObject({ diagnostics: [], data: [{ name, keyid: id, public_key: base64 }] });
    const shown = await runJson(['keys', 'show', 'ssh-agent:ada@laptop'], { cwd, env });
    expect(shown.data).toMatchObject({ public_key: base64, ssh: publicLine(file).replace(/ ada.*\n/, '') });
    const named = `ada=${path.basename(file)}.pub`;
    const init = ['trust', 'init', 'acme', '--principal', named, '--namespace', 'user.ada.*'];
    const key = ['--key', (list.data as { name: string }[])[0]!.name];
    expect(await runJson([...init, ...key], { cwd, env })).toMatchObject({
      ok: true,
      data: { in_force: true },
    });
    const add = ['trust', 'add', 'bob', '--public', publicLine(agent.add('bob@laptop')).trim()];
    expect(await runJson([...add, ...key], { cwd, env })).toMatchObject({ ok: true });
  });

  test('is refused when it is of another kind, unknown, or one of several', async () => {
    const agent = await Agent.start();
    const sign = (name: string) => failure(() => agentSigner(name, agent.ports));
    expect(await sign('ada')).toMatchObject({ code: 'VNES2031', message: 'the agent shows no keys' });
    agent.add('rsa', ['-t', 'rsa', '-b', '2048']);
    agent.add('ecdsa', ['-t', 'ecdsa']);
    expect(await sign('rsa')).toMatchObject({
      code: 'VNES2032',
      found: expect.stringMatching(/^ssh-rsa SHA256:/),
      help: expect.stringContaining('ssh-add'),
    });
    expect(await sign('ecdsa')).toMatchObject({ code: 'VNES2032' });
    agent.add('ada');
    expect(await sign('ad')).toMatchObject({
      code: 'VNES2031',
      expected: expect.stringContaining('("ada")'),
    });
    expect(await sign('')).toMatchObject({ code: 'VNES2031' });
    const again = path.join(agent.folder, 'again');
    agent.run('ssh-keygen', ['-q', '-N', '', '-C', 'ada', '-t', 'ed25519', '-f', again]);
    agent.run('ssh-add', ['-q', again]);
    expect(await sign('ada')).toMatchObject({
      code: 'VNES2031',
      message: 'several keys in the agent are called "ada"',
      help: expect.stringContaining('ssh-agent:SHA256:'),
    });
  });

  test('does not sign in a locked agent, nor when nobody confirms', async () => {
    const agent = await Agent.start();
    agent.add('ada');
    agent.add('asks', ['-t', 'ed25519'], ['-c']);
    const asks = await agentSigner('asks', agent.ports);
    expect(await failure(() => asks.sign(Buffer.from('x')))).toMatchObject({ code: 'VNES2039' });
    const ada = await agentSigner('ada', agent.ports);
    await agent.lock();
    expect(await failure(() => ada.sign(Buffer.from('x')))).toMatchObject({
      code: 'VNES2039',
      help: expect.stringContaining('ssh-add -X'),
    });
    expect(await failure(() => agentSigner('ada', agent.ports))).toMatchObject({
      code: 'VNES2031',
      help: expect.stringContaining('ssh-add -X'),
    });
  });

  test('signs as much as agents take, and says when a message is longer', async () => {
    const agent = await Agent.start();
    agent.add('ada');
    const signer = await agentSigner('ada', agent.ports);
    // Around the message: its type, the key's blob of 51 bytes, two lengths and the flags.
    const most = 256 * 1024 - (1 + 4 + 51 + 4 + 4);
    expect(signer.public.verifies(Buffer.alloc(most), await signer.sign(Buffer.alloc(most)))).toBe(true);
    expect(await failure(() => signer.sign(Buffer.alloc(most + 1)))).toMatchObject({ code: 'VNES2041' });
  });

  test('in a file is refused, and the agent is named', async () => {
    const agent = await Agent.start();
    const file = agent.add('ada');
    chmodSync(file, 0o600);
    const problem = await failure(() => openPrivateKey(readPrivateKey(file, agent.ports), undefined));
    expect(problem).toMatchObject({ code: 'VNES2032', help: expect.stringContaining(`ssh-add ${file}`) });
    const cwd = path.dirname(makeCapsule());
    cpSync(file, path.join(cwd, 'key'));
    const signed = await runCli(['sign', 'counter', '--key', 'key'], { cwd });
    expect([signed.status, signed.stderr]).toEqual([2, expect.stringContaining('ssh-agent:SHA256:')]);
  });
});

test('without an agent, that is said; and keys are listed all the same', async () => {
  const cwd = path.dirname(makeCapsule());
  const sign = ['sign', 'counter', '--key', 'ssh-agent:ada'];
  expect(await runJson(sign, { cwd })).toMatchObject({ exitCode: 4, diagnostics: [{ code: 'VNES2036' }] });
  const env = { SSH_AUTH_SOCK: path.join(cwd, 'none') };
  const gone = await runJson(sign, { cwd, env });
  expect(gone).toMatchObject({ exitCode: 4, diagnostics: [{ code: 'VNES2036', found: 'ENOENT' }] });
  const relative = { SSH_AUTH_SOCK: 'none' };
  expect((await runJson(sign, { cwd, env: relative })).diagnostics[0]?.code).toBe('VNES2036');
  const listed = await runJson(['keys', 'list'], { cwd, env });
  expect(listed).toMatchObject({
    exitCode: 0,
    data: [],
    diagnostics: [{ code: 'VNES2036', severity: 'warning' }],
  });
});
