import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import { createKeyPem } from '../../src/trust/private-key.ts';
import { runCli, runJson } from '../cli/run.ts';
import { gate } from './gate.ts';

/** Verifies good capsules with `--attest`, under a signing key of its own. */
async function attested(words: readonly string[] = ['a_good', 'f_good'], env: Record<string, string> = {}) {
  const { folder, at, trustFile } = gate();
  const key = at('ci.key.pem');
  writeFileSync(key, createKeyPem(hostPorts().entropy, undefined), { mode: 0o600 });
  const args = ['verify', ...words, '--trust', trustFile, '--attest', at('summary.json'), '--key', key];
  const report = await runJson([...args, '--proof', at('proof.json')], { cwd: folder, env });
  return { folder, at, key, args, env, report, file: at('summary.json') };
}

interface Statement {
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

const DOCUMENT = readFileSync(path.resolve(import.meta.dirname, '../../docs/proofs.md'), 'utf8');
/** The last commands of the document. */
const RECIPE = [...DOCUMENT.matchAll(/```sh\n(.*?)```/gs)].at(-1)![1]!;

/** Whether the recipe of the document, run by a plain shell, finds the summary signed by the key. */
function recipeAccepts(file: string, key: string): boolean {
  const cwd = path.dirname(file);
  execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-out', path.join(cwd, 'ci.pub.pem')]);
  try {
    execFileSync('sh', ['-c', RECIPE], { cwd, env: { PATH: process.env.PATH, TMPDIR: cwd }, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

function statementOf(file: string): Statement {
  const { payload } = JSON.parse(readFileSync(file, 'utf8')) as { payload: string };
  return JSON.parse(Buffer.from(payload, 'base64').toString()) as Statement;
}

describe('a signed verification summary', () => {
  test('names every capsule by its tree, and openssl verifies it', async () => {
    const { file, key, at, report } = await attested();
    expect(report.exitCode).toBe(0);
    expect(recipeAccepts(file, key)).toBe(true);
    const { subject, predicateType, predicate } = statementOf(file);
    const { capsules } = JSON.parse(readFileSync(at('proof.json'), 'utf8')) as {
      capsules: { verdict: { tree: string } }[];
    };
    expect(predicateType).toBe('https://stunir.io/predicate/verification/v1');
    expect(subject.map(({ name }) => name)).toEqual(['user.ada.a_good@1.2.3', 'user.ada.f_good@1.2.3']);
    expect(subject.map(({ digest }) => `sha256:${digest.sha256}`)).toEqual(
      capsules.map(({ verdict }) => verdict.tree),
    );
    const proof = execFileSync('openssl', ['dgst', '-sha256', '-r', at('proof.json')], { encoding: 'utf8' });
    expect(predicate).toMatchObject({
      result: 'PASSED',
      policy: null,
      proof: `sha256:${proof.slice(0, 64)}`,
    });
  });

  test('a changed one is refused by openssl', async () => {
    const { file, key } = await attested();
    const envelope = JSON.parse(readFileSync(file, 'utf8')) as { payload: string };
    const payload = Buffer.from(envelope.payload, 'base64').toString().replace('a_good', 'b_evil');
    writeFileSync(file, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }));
    expect(recipeAccepts(file, key)).toBe(false);
  });

  test('is the same again under --now or SOURCE_DATE_EPOCH', async () => {
    const { file, folder, args, env } = await attested(['a_good'], { SOURCE_DATE_EPOCH: '1700000000' });
    const before = readFileSync(file, 'utf8');
    expect(statementOf(file).predicate.time).toBe('2023-11-14T22:13:20.000Z');
    await runCli([...args, '--proof', path.join(folder, 'again.json')], { cwd: folder, env });
    expect(readFileSync(file, 'utf8')).toBe(before);
    await runCli([...args, '--now', '2027-01-31T00:00:00Z'], { cwd: folder, env });
    expect(statementOf(file).predicate.time).toBe('2027-01-31T00:00:00Z');
  });

  test('is not written when a capsule was refused', async () => {
    const { file, report } = await attested(['a_good', 'b_changed']);
    expect(report.exitCode).toBe(1);
    expect(existsSync(file)).toBe(false);
    expect(report.diagnostics.map(({ code }) => code)).toContain('VNES2704');
  });

  test('and a bad key is told before anything is verified', async () => {
    const { folder, key, args } = await attested();
    rmSync(key);
    const { status, stderr } = await runCli(args, { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toContain('VNES2031');
  });
});
