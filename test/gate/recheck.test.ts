import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { gatherAgain } from '../../src/registry/git/gather-again.ts';
import { compareFacts } from '../../src/trust/change/compare.ts';
import type { GitFacts } from '../../src/trust/change/facts.ts';
import { judgeGit } from '../../src/trust/change/judge.ts';
import { parseProof } from '../../src/trust/parse-proof.ts';
import { createKeyPem } from '../../src/trust/private-key.ts';
import { recheckProof } from '../../src/trust/recheck.ts';
import { runJson } from '../cli/run.ts';
import { newKey } from '../trust/capsules.ts';
import { NOW } from '../trust/roots.ts';
import { COUNTER } from './changes.ts';
import { COUNT, onTopics, proofOf, type Repository, workshop } from './repository.ts';

/** A workshop with a branch that releases a version, and vnes called in it; `proof` is outside of it. */
function called() {
  const repository = workshop();
  repository.git('checkout', '-q', '-b', 'change');
  repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
  repository.commit();
  const home = path.dirname(repository.root);
  const at = (name: string) => path.join(home, name);
  const cli = (...args: string[]) => runJson(args, { cwd: repository.root, env: { HOME: home } });
  return {
    repository,
    at,
    cli,
    verify: (...args: string[]) => cli('verify', ...args, '--proof', at('proof.json')),
    recheck: (...args: string[]) => cli('recheck', at('proof.json'), ...args),
  };
}

const SINCE = ['--since', 'main'] as const;

function codes({ diagnostics }: { diagnostics: readonly { code: string }[] }): string[] {
  return diagnostics.map(({ code }) => code);
}

describe('a proof of what lies in git', () => {
  test('is decided again from the file alone, and against the repository', async () => {
    const { repository, verify, recheck } = called();
    const verified = await verify(...SINCE);
    expect(verified.exitCode).toBe(0);
    const { verdicts, source, change, removed } = verified.data as JsonObject;
    const again = await recheck('--git');
    expect(again).toMatchObject({
      exitCode: 0,
      diagnostics: [],
      data: { holds: true, unchecked: [], verdicts, source, change, removed },
    });
    repository.remove('.git');
    expect(await recheck()).toMatchObject({
      exitCode: 0,
      data: { holds: true, unchecked: ['trust', 'change'] },
    });
  });

  test('that names no capsule shows nothing without the repository, whatever it left out', async () => {
    const { repository, at, verify, recheck, cli } = called();
    repository.git('checkout', '-q', '-b', 'words', 'main');
    repository.write({ 'README.md': 'other words\n' });
    repository.commit();
    expect((await verify(...SINCE)).exitCode).toBe(0);
    expect(await recheck('--git')).toMatchObject({ exitCode: 0, data: { holds: true, unchecked: [] } });
    expect(await recheck()).toMatchObject({ exitCode: 1, data: { holds: false } });
    expect(codes(await recheck())).toEqual(['VNES2707']);
    const program = path.resolve(import.meta.dirname, '../../docs/recheck.py');
    const { status, stdout } = spawnSync('python3', [program, at('proof.json')], { encoding: 'utf8' });
    expect(status).toBe(4);
    expect(stdout).toContain('names no capsule');
    expect((await cli('recheck', at('proof.json'), '--trust', 'vnes.trust.json')).exitCode).toBe(1);
  });

  test('holds for a change that is refused, and is negative then', async () => {
    const { repository, verify, recheck } = called();
    rmSync(repository.at('vnes.trust.json'));
    repository.git('rm', '-rq', COUNTER);
    repository.commit();
    expect((await verify(...SINCE)).exitCode).toBe(1);
    const { exitCode, diagnostics, data } = await recheck('--git');
    expect({ exitCode, diagnostics }).toEqual({ exitCode: 1, diagnostics: [] });
    expect(data).toMatchObject({
      holds: true,
      totals: { discovered: 0, verified: 0, waived: 0, failed: 0 },
      removed: [{ folder: COUNTER }],
    });
  });

  test('of the index can be compared until something else is staged', async () => {
    const { repository, verify, recheck } = called();
    repository.capsule('capsules/adder', { manifest: { version: '1.3.0' } });
    repository.git('add', '-A');
    await verify('--staged');
    expect(codes(await recheck('--git'))).toEqual([]);
    repository.commit();
    expect(codes(await recheck('--git'))).toEqual([]);
    repository.write({ 'capsules/adder/spec/logic.md': 'other\n' });
    repository.git('add', '-A');
    expect(codes(await recheck('--git'))).toEqual(['VNES2706', 'VNES2004']);
  });

  test('holds the schemas of topics that changed, which the repository shows', async () => {
    const { repository, at, verify, recheck } = called();
    repository.capsule(COUNTER, onTopics(true, COUNT, { version: '1.4.0' }));
    repository.commit();
    const { exitCode, diagnostics } = await verify(...SINCE);
    expect([exitCode, codes({ diagnostics })]).toEqual([1, ['VNES2418']]);
    expect(codes(await recheck('--git'))).toEqual([]);
    const proof = JSON.parse(readFileSync(at('proof.json'), 'utf8')) as { git: { schemas: string[] } };
    expect(proof.git.schemas).toHaveLength(2);
    proof.git.schemas.push('e30=');
    writeFileSync(at('proof.json'), JSON.stringify(proof));
    expect(codes(await recheck('--git'))).toEqual(['VNES2706']);
  });

  test('of a tree', async () => {
    const { verify, recheck } = called();
    expect((await verify('--tree', 'HEAD', '--trust-from', 'main', 'capsules/adder')).exitCode).toBe(0);
    expect(await recheck('--git')).toMatchObject({ exitCode: 0, data: { totals: { discovered: 1 } } });
  });

  test.each<[string, (facts: GitFacts, later: string) => Partial<GitFacts>, string]>([
    [
      'another base',
      ({ source, trust }, base) => ({ source: { ...source, base }, trust: { ...trust, commit: base } }),
      '/git/source',
    ],
    ['a link less', () => ({ links: [] }), '/git/links'],
    ['a submodule more', () => ({ submodules: ['modules/x'] }), '/git/submodules'],
    ['a past less', () => ({ past: [], capsules: [] }), '/git/past'],
    [
      'another trust file in the target',
      ({ trust }) => ({ trust: { ...trust, target: null } }),
      '/git/trust',
    ],
  ])('may hold and be about %s: the repository tells', async (_, change, pointer) => {
    const repository = workshop();
    repository.git('checkout', '-q', '-b', 'change');
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    symlinkSync('/etc', repository.at('capsules/etc'));
    repository.commit();
    const report = await repository.verify({ kind: 'since', revision: 'main', head: 'HEAD' });
    const facts = { ...report.facts, ...change(report.facts, repository.commit('later')) };
    const { trust } = report;
    const forged = { ...judgeGit(facts, trust), facts, trust };
    const { diagnostics } = recheckProof(await parseProof(Buffer.from(proofOf(forged)), 'proof'), 'proof');
    expect(diagnostics).toEqual([]);
    const again = await gatherAgain(facts, { file: undefined, now: NOW }, repository.ports);
    const told = compareFacts(facts, again.facts, 'proof');
    expect(told).toContainEqual(
      expect.objectContaining({ code: 'VNES2706', place: { file: 'proof', pointer } }),
    );
    expect(compareFacts(report.facts, again.facts, 'proof')).toEqual([]);
  });

  test('under keys of its maker alone is not believed by others', async () => {
    const { repository, verify, recheck, at } = called();
    const own = newKey();
    repository.capsule(COUNTER, { manifest: { version: '1.4.0' }, key: own });
    repository.commit();
    const entry = { name: 'own', public_key: own.public.base64, namespaces: ['user.*'] };
    const file = at('.config/vnes/trust.json');
    repository.write({ '../.config/vnes/trust.json': JSON.stringify({ version: 1, keys: [entry] }) });
    expect((await verify(...SINCE)).exitCode).toBe(0);
    expect(codes(await recheck('--git'))).toEqual([]);
    rmSync(file);
    expect(codes(await recheck('--git'))).toEqual(['VNES2705']);
  });

  test('under a trust file that was named needs it again', async () => {
    const { verify, recheck } = called();
    await verify(...SINCE, '--trust', 'vnes.trust.json');
    expect(codes(await recheck('--git'))).toEqual(['VNES9006']);
    expect(await recheck('--git', '--trust', 'vnes.trust.json')).toMatchObject({
      exitCode: 0,
      diagnostics: [],
    });
  });

  test('is asked for with --git, and one of folders is not', async () => {
    const { verify, recheck } = called();
    await verify('capsules', '--trust', 'vnes.trust.json');
    expect(codes(await recheck('--git'))).toEqual(['VNES9006']);
  });
});

describe('a signed summary of what lies in git', () => {
  function attesting() {
    const { repository, cli, at } = called();
    writeFileSync(at('ci.key.pem'), createKeyPem(hostPorts().entropy, undefined), { mode: 0o600 });
    const file = at('summary.json');
    const attest = (...args: string[]) =>
      cli('verify', ...args, '--attest', file, '--key', at('ci.key.pem'), '--proof', at('proof.json'));
    return { repository, attest, file };
  }

  test('names the trees of the capsules that were examined, and the commits', async () => {
    const { repository, attest, file } = attesting();
    expect((await attest(...SINCE)).exitCode).toBe(0);
    const { payload } = JSON.parse(readFileSync(file, 'utf8')) as { payload: string };
    const { subject, predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as JsonObject;
    expect(subject).toMatchObject([{ name: 'user.ada.counter@1.3.0' }]);
    const commit = repository.git('rev-parse', 'HEAD').trim();
    expect(predicate).toMatchObject({ source: { kind: 'since', commit }, capsules: [{ version: '1.3.0' }] });
  });

  test.each<[string, (repository: Repository) => void]>([
    ['the change is refused', ({ at }) => rmSync(at('vnes.trust.json'))],
    ['a capsule is refused', ({ at }) => rmSync(at(COUNTER, 'spec/logic.md'))],
    ['no capsule is touched', repository => repository.git('reset', '-q', '--hard', 'main')],
  ])('is not written when %s', async (_, change) => {
    const { repository, attest, file } = attesting();
    change(repository);
    repository.commit();
    expect(codes(await attest(...SINCE))).toContain('VNES2704');
    expect(existsSync(file)).toBe(false);
  });
});
