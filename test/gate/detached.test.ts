import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, runJson } from '../cli/run.ts';
import { CHANGES, flipBit } from './mutants/operator.ts';
import { Random } from './mutants/random.ts';

const CAPSULE = 'user.ada.counter@1.2.3';
const MANIFEST = {
  id: 'user.ada.counter',
  version: '1.2.3',
  type: 'logic',
  description: 'Counts.',
  capabilities: { provides: ['count'] },
  governance: { tier: 'local', audit_level: 'none' },
};

let cwd = '';
const at = (...names: string[]) => path.join(cwd, ...names);

/** A capsule signed by the real command, and the keys as `vnes keys show` gives them. */
beforeAll(async () => {
  cwd = mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-detached-'));
  cpSync(path.resolve(import.meta.dirname, '../../templates'), at('counter', 'spec'), { recursive: true });
  writeFileSync(at('counter/manifest.json'), JSON.stringify(MANIFEST));
  for (const name of ['default', 'eve'])
    await runJson(['keys', 'create', '--name', name, '--no-passphrase'], { cwd });
  const signed = await runJson(['sign', 'counter', '--key', 'default', '--detached', 'signatures'], { cwd });
  expect(signed.diagnostics).toEqual([]);
  for (const name of ['default', 'eve']) {
    const { data } = await runJson(['keys', 'show', name], { cwd });
    const { ssh, minisign } = data as { ssh: string; minisign: string };
    writeFileSync(at(`${name}.allowed`), `ada namespaces="vnes-receipt" ${ssh}\n`);
    writeFileSync(at(`${name}.minisign`), minisign);
  }
});

afterAll(() => rmSync(cwd, { recursive: true }));

interface Client {
  readonly program: string;
  readonly kind: string;
  /** The arguments that verify the file `receipt` by the file `signature`. */
  readonly words: (receipt: string, signature: string, key: string) => readonly string[];
}

const CLIENTS: readonly Client[] = [
  {
    program: 'ssh-keygen',
    kind: 'sshsig',
    words: (_, signature, key) => [
      ...['-Y', 'verify', '-I', 'ada', '-n', 'vnes-receipt'],
      ...['-f', at(`${key}.allowed`), '-s', signature],
    ],
  },
  {
    program: 'minisign',
    kind: 'minisig',
    words: (receipt, signature, key) => [
      ...['-V', '-q', '-m', receipt, '-x', signature],
      ...['-P', readFileSync(at(`${key}.minisign`), 'utf8')],
    ],
  },
];

describe.each(CLIENTS)('$program', ({ program, kind, words }) => {
  const missing = spawnSync(program, ['-?']).error !== undefined;
  if (missing) process.stderr.write(`skipped: ${program} is not installed\n`);

  /** Whether the program accepts these bytes as the receipt and the signature. */
  function accepts(receipt: Uint8Array, signature: Uint8Array, key = 'default'): boolean {
    writeFileSync(at('receipt'), receipt);
    writeFileSync(at('signature'), signature);
    const line = words(at('receipt'), at('signature'), key);
    const input = openSync(at('receipt'), 'r');
    const { status, error } = spawnSync(program, line, { cwd, stdio: [input, 'ignore', 'ignore'] });
    closeSync(input);
    if (error) throw error;
    return status === 0;
  }

  const receipt = () => readFileSync(at('counter/receipt.stunir.json'));
  const signature = () => readFileSync(at('signatures', `${CAPSULE}.${kind}`));

  test.skipIf(missing)('accepts the receipt, and not under another key', () => {
    expect(accepts(receipt(), signature())).toBe(true);
    expect(accepts(receipt(), signature(), 'eve')).toBe(false);
  });

  test.skipIf(missing)('rejects every mutant of the receipt', () => {
    const random = new Random(program);
    for (let count = 0; count < 40; count += 1) {
      const mutant = random.pick(Object.values(CHANGES))(receipt(), random)!;
      if (!mutant.equals(receipt())) expect(accepts(mutant, signature())).toBe(false);
    }
  });

  test.skipIf(missing)('rejects mutants of the signature', () => {
    const text = signature().toString();
    const lines = text.split('\n');
    const random = new Random(program);
    for (let count = 0; count < 20; count += 1) {
      // In the middle of an encoded line: comments and the line ends are not signed.
      const line = random.pick(lines.filter(each => /^[A-Za-z0-9+/=]{40,}$/.test(each)));
      const changed = flipBit(Buffer.from(line, 'base64'), random).toString('base64');
      expect(accepts(receipt(), Buffer.from(text.replace(line, changed)))).toBe(false);
    }
  });

  test('gets the same signature each time', async () => {
    const before = signature();
    const env = { SOURCE_DATE_EPOCH: '1767225600' };
    const words = ['sign', 'counter', '--key', 'default', '--detached', 'again'];
    await runCli(words, { cwd, env });
    const first = readFileSync(at('again', `${CAPSULE}.${kind}`), 'utf8');
    await runCli(words, { cwd, env });
    expect(readFileSync(at('again', `${CAPSULE}.${kind}`), 'utf8')).toBe(first);
    expect(signature()).toEqual(before);
    await runCli(['sign', 'counter', '--key', 'default', '--detached', 'signatures'], { cwd });
  });
});

test('a capsule with detached signatures beside it verifies; a folder inside of it is refused', async () => {
  for (const folder of ['counter', 'counter/signatures', '.']) {
    const report = await runJson(['sign', 'counter', '--key', 'default', '--detached', folder], { cwd });
    if (folder === '.') expect(report.exitCode).toBe(0);
    else expect(report.diagnostics).toMatchObject([{ code: 'VNES2054' }]);
  }
  expect(existsSync(at('counter/signatures'))).toBe(false);
  expect(await runJson(['verify', 'counter'], { cwd })).toMatchObject({ exitCode: 0 });
});

test('ssh-keygen knows the key that keys show prints', () => {
  appendFileSync(at('key.pub'), readFileSync(at('default.allowed'), 'utf8').split('" ')[1]!);
  const { status, stdout } = spawnSync('ssh-keygen', ['-l', '-f', at('key.pub')], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringContaining('(ED25519)')]);
});
