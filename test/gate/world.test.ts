import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

/** What the verdict must not depend on, nor reach for: the world round the capsules. */
const ROOT = path.resolve(import.meta.dirname, '../..');
const VNES = path.join(ROOT, 'bin/vnes.js');
const FIXTURES = path.join(ROOT, 'fixtures/demo');

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-world-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Good capsules and bad ones, so that there is much to say. `backwards` writes files in the opposite order. */
function writeCapsules(target: string, backwards = false): void {
  copy(FIXTURES, target, backwards);
  const [first, second, third] = readdirSync(path.join(target, 'capsules')).sort();
  const at = (name: string, file: string) => path.join(target, 'capsules', name, file);
  writeFileSync(at(first!, 'impl/added.py'), 'import random\n');
  writeFileSync(at(second!, 'manifest.json'), '{"id": 1,\n "version": []}');
  rmSync(at(third!, 'receipt.stunir.json'));
}

function copy(source: string, target: string, backwards: boolean): void {
  if (!statSync(source).isDirectory()) {
    writeFileSync(target, readFileSync(source));
    return;
  }
  mkdirSync(target);
  const names = readdirSync(source).sort();
  for (const name of backwards ? names.reverse() : names)
    copy(path.join(source, name), path.join(target, name), backwards);
}

interface World {
  readonly env?: Readonly<Record<string, string>>;
  readonly umask?: string;
}

const FILES = ['report.sarif', 'junit.xml', 'summary.md', 'proof.json'];
const FILE_OPTIONS = [
  '--sarif',
  'report.sarif',
  '--junit',
  'junit.xml',
  '--summary',
  'summary.md',
  '--proof',
  'proof.json',
];
const FORMS = [['--explain', ...FILE_OPTIONS], ['--json'], ['--format', 'github'], ['--format', 'summary']];

/** Everything that verify says about the capsules in `folder`, on all its channels, in all its forms. */
function everything(folder: string, { env = {}, umask = '022' }: World = {}): string[] {
  const said = FORMS.flatMap(words => {
    const command = `umask ${umask}; exec "$@"`;
    const line = [process.execPath, VNES, 'verify', 'capsules', '--trust', 'vnes.trust.json', ...words];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command, 'sh', ...line], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder, ...env },
    });
    return [`status ${status}`, stdout, stderr];
  });
  return [...said, ...FILES.map(name => readFileSync(path.join(folder, name), 'utf8'))];
}

describe('what verify says is the same bytes', () => {
  const folder = path.join(mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-same-')), 'work');
  writeCapsules(folder);
  const said = everything(folder);

  test('and it is much', () => {
    expect(said.filter(text => text.startsWith('status'))).toEqual(FORMS.map(() => 'status 1'));
    expect(said.join('')).toContain('VNES2001');
    expect(said.join('')).toContain('VNES2005');
    expect(said.join('')).toContain('VNES1011');
  });

  test.each<[string, World]>([
    ['run again', {}],
    ['in a Slovak locale', { env: { LC_ALL: 'sk_SK.UTF-8', LANG: 'sk_SK.UTF-8', LANGUAGE: 'sk' } }],
    ['in a Turkish locale', { env: { LC_ALL: 'tr_TR.UTF-8' } }],
    ['on the other side of the world', { env: { TZ: 'Pacific/Apia' } }],
    ['under a strict umask', { umask: '077' }],
    ['under no umask', { umask: '000' }],
    ['with another width of terminal', { env: { COLUMNS: '20', TERM: 'xterm-256color' } }],
  ])('%s', (_, world) => {
    expect(everything(folder, world)).toEqual(said);
  });

  test('when files were written in another order', () => {
    rmSync(folder, { recursive: true });
    writeCapsules(folder, true);
    expect(everything(folder)).toEqual(said);
    rmSync(path.dirname(folder), { recursive: true });
  });

  test.skipIf(!existsSync('/dev/shm'))('when the folder lists its names in another order', () => {
    // A file system in memory lists the newest name first.
    const memory = mkdtempSync('/dev/shm/vnes-world-');
    onTestFinished(() => rmSync(memory, { recursive: true, force: true }));
    const answers = [false, true].map(backwards => {
      const work = path.join(memory, 'work');
      rmSync(work, { recursive: true, force: true });
      writeCapsules(work, backwards);
      return everything(work);
    });
    expect(answers[0]).toEqual(answers[1]);
  });
});

const NO_STRACE = spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0;
if (NO_STRACE) process.stderr.write('skipped: system calls: strace cannot be used here\n');

/** The system calls of a class that a program and its threads make. */
function systemCalls(kind: string, program: string, words: readonly string[], cwd: string): string[] {
  const trace = path.join(cwd, 'trace');
  const env = { PATH: process.env.PATH, HOME: cwd };
  spawnSync('strace', ['-f', '-e', `trace=${kind}`, '-o', trace, program, ...words], {
    cwd,
    env,
    // Node.js asks of each standard stream that is a socket which one it is.
    stdio: 'ignore',
  });
  return readFileSync(trace, 'utf8')
    .split('\n')
    .filter(line => /^\d+ +\w+\(/.test(line));
}

describe('verify and the network', () => {
  test.skipIf(NO_STRACE).each([1, 2, 5])('it makes no network system call on %i threads', jobs => {
    const folder = temporaryFolder();
    cpSync(FIXTURES, path.join(folder, 'work'), { recursive: true });
    const words = [VNES, 'verify', 'work', '--trust', 'work/vnes.trust.json', '-j', `${jobs}`];
    expect(execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })).toContain('7 verified');
    expect(systemCalls('network', process.execPath, words, folder)).toEqual([]);
  });

  test.skipIf(NO_STRACE).each([1, 2, 5])('it reads the trust file once on %i threads', jobs => {
    const folder = temporaryFolder();
    cpSync(FIXTURES, path.join(folder, 'work'), { recursive: true });
    const words = [VNES, 'verify', 'work', '--trust', 'work/vnes.trust.json', '-j', `${jobs}`];
    const opened = systemCalls('open,openat,openat2', process.execPath, words, folder);
    expect(opened.filter(call => call.includes('vnes.trust.json'))).toHaveLength(1);
    expect(opened.filter(call => call.includes('manifest.json'))).toHaveLength(7);
  });

  test.skipIf(NO_STRACE)('and a program that uses the network would be seen', () => {
    const script = `require('node:net').connect(9, '127.0.0.1').on('error', () => {})`;
    const calls = systemCalls('network', process.execPath, ['-e', script], temporaryFolder());
    expect(calls.join('\n')).toContain('connect(');
  });
});

test.each([
  [1, 536_870_912],
  [2, 268_435_456],
])(
  '%i capsules with a file of %i bytes each are verified in less than 200 MiB of memory, on as many threads',
  {
    timeout: 120_000,
  },
  (jobs, bytes) => {
    const words = [path.join(ROOT, 'bench/memory.js'), '--bytes', `${bytes}`, '--jobs', `${jobs}`];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect(stdout + stderr).toContain(`${jobs} capsules with a file of ${bytes} bytes`);
    expect(status).toBe(0);
  },
);
