import { describe, expect, test } from 'vitest';
import { BUBBLEWRAP } from '../../bubblewrap.ts';
import { HAS_PROC, runConfined } from './run.ts';

/** What code that is past V8 and Node's own checks may try, and what the system answers. */
const ATTACKS: Readonly<Record<string, readonly [script: string, answer: string]>> = {
  'a file of the host': ["fs.readFileSync('/etc/passwd')", 'ENOENT'],
  // bubblewrap's init has none, so there may be nothing to read in place of no file.
  'the environment of another': [
    "if (fs.readFileSync('/proc/1/environ').length === 0) throw { code: 'ENOENT' }",
    'ENOENT',
  ],
  'the settings of the system': [
    "fs.writeFileSync('/proc/sys/kernel/core_pattern', 'x')",
    HAS_PROC ? 'EACCES' : 'ENOENT',
  ],
  'the devices of the system': ["fs.readdirSync('/sys')", 'ENOENT'],
  'the virtual machine of the system': ["fs.openSync('/dev/kvm')", 'ENOENT'],
  'the memory of the machine': ["fs.openSync('/dev/mem')", 'ENOENT'],
  'a file of its own': ["fs.writeFileSync('/x', 'x')", 'EROFS'],
  'its own program': ["fs.writeFileSync('/bin/program', 'x')", 'EROFS'],
  'a folder': ["fs.mkdirSync('/lib/x')", 'ENOSYS'],
  'a symbolic link': ["fs.symlinkSync('/etc/passwd', '/x')", 'ENOSYS'],
  'other rights for a file': ["fs.chmodSync('/bin/program', 0o4777)", 'ENOSYS'],
  'a shell': ["child.execFileSync('/bin/sh')", 'ENOSYS'],
  'many processes': [
    'for (;;) child.spawnSync(process.execPath).error && (() => { throw { code: "ENOSYS" } })()',
    'ENOSYS',
  ],
  'a signal to its parent': ['process.kill(process.ppid, 9)', 'ENOSYS'],
  'a signal to all': ['process.kill(-1, 9)', 'ENOSYS'],
  'a connection': ["await connected(net.connect(53, '1.1.1.1'))", 'ENOSYS'],
  'a connection to itself': ["await connected(net.connect(22, '127.0.0.1'))", 'ENOSYS'],
  'a local socket': ["await connected(net.connect('/run/docker.sock'))", 'ENOSYS'],
  'a server': ['await connected(net.createServer().listen(8080))', 'ENOSYS'],
  'a datagram': ["await connected(dgram.createSocket('udp4').bind(5353))", 'ENOSYS'],
  'a name': ["await dns.lookup('example.com')", 'EAI_AGAIN'],
  'many files': ["for (;;) fs.openSync('/script.mjs')", 'EMFILE'],
};

const PRELUDE = `
import child from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
const connected = thing => new Promise((resolve, reject) => thing.once('error', reject).once('connect', resolve).once('listening', resolve));
const attempt = async (name, act) => {
  try { await act(); say(name + '=done\\n'); } catch (error) { say(name + '=' + error.code + '\\n'); }
};
`;

describe.skipIf(!BUBBLEWRAP)('code that is past the engine', () => {
  test('gets nothing of the machine', async () => {
    const attempts = Object.entries(ATTACKS).map(
      ([name, [script]]) => `await attempt(${JSON.stringify(name)}, async () => { ${script}; });`,
    );
    const { said, status } = await runConfined(PRELUDE + attempts.join('\n'));
    const answers = said
      .trim()
      .split('\n')
      .map(line => line.split('='));
    expect(Object.fromEntries(answers)).toEqual(
      Object.fromEntries(Object.entries(ATTACKS).map(([name, [, answer]]) => [name, answer])),
    );
    expect(status).toBe(0);
  });

  test('that makes threads without end has few', async () => {
    const bomb = `let online = 0;
      process.on('exit', () => say(online));
      process.on('uncaughtException', () => process.exit(3));
      for (let i = 0; i < 200; i += 1) new Worker('setInterval(() => {}, 1000)', { eval: true }).on('online', () => { online += 1; }).on('error', () => process.exit(4));
      setTimeout(() => process.exit(0), 3000);`;
    const { said, status } = await runConfined(PRELUDE + bomb, { limits: { tasks: 40 } });
    expect(Number(said)).toBeLessThan(40);
    expect(status).not.toBe(0);
  });

  test('that writes without end to where nobody reads is neither kept nor waited for', async () => {
    const flood = "for (let i = 0; i < 200; i += 1) fs.writeSync(2, 'x'.repeat(65536)); say('all')";
    const { said, errors } = await runConfined(flood);
    expect(said).toBe('all');
    expect(errors.length).toBeLessThanOrEqual(2000);
  });

  test('has scratch space up to its limits, and no way out of it', async () => {
    const script = `await attempt('write', () => fs.writeFileSync('/scratch/a', 'x'.repeat(1000)));
      await attempt('link', () => fs.symlinkSync('/etc/passwd', '/scratch/l'));
      await attempt('much', () => { for (let i = 0; ; i += 1) fs.writeFileSync('/scratch/' + i, 'x'.repeat(100_000)); });`;
    const limits = { scratchBytes: 1024 * 1024, fileBytes: 200_000 };
    const { said } = await runConfined(PRELUDE + script, { limits });
    expect(said).toBe('write=done\nlink=ENOSYS\nmuch=ENOSPC\n');
  });

  test('that never ends is ended when its processor time is spent', async () => {
    const { status } = await runConfined('for (;;);', { limits: { cpuSeconds: 1 } });
    expect([128 + 9, 128 + 24]).toContain(status);
  });
});
