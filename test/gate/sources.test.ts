import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { newKey } from '../trust/capsules.ts';
import { inShort, workshop } from './repository.ts';

const COUNTER = 'capsules/counter';

describe('verify --since', () => {
  /** A workshop with a branch that is checked out. */
  function branched() {
    const repository = workshop();
    repository.git('checkout', '-q', '-b', 'change');
    return repository;
  }
  const SINCE = { kind: 'since', revision: 'main', head: 'HEAD' } as const;

  test('verifies what HEAD changed since it left the other branch, as it is in HEAD', async () => {
    const repository = branched();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    const commit = repository.commit();
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'only in the checkout\n' });
    const report = await repository.verify(SINCE);
    expect(inShort(report)).toEqual(['capsules/counter admitted']);
    const main = repository.git('rev-parse', 'main').trim();
    expect(report.facts.source).toEqual({ kind: 'since', base: main, commit, target: main });
    expect(report.trust.files).toEqual([`${main.slice(0, 12)}:vnes.trust.json`]);
  });

  test('says nothing about what only the other branch changed', async () => {
    const repository = branched();
    repository.commit();
    repository.git('checkout', '-q', 'main');
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'broken on main\n' });
    repository.commit();
    repository.git('checkout', '-q', 'change');
    expect(inShort(await repository.verify(SINCE))).toEqual([]);
  });

  test('one version has one content', async () => {
    const repository = branched();
    repository.capsule(COUNTER, { files: { 'spec/logic.md': '# Other\n' } });
    repository.commit();
    expect(inShort(await repository.verify(SINCE))).toEqual(['capsules/counter refused', 'VNES2411']);
  });

  test('a broken capsule may be put right under its version', async () => {
    const repository = branched();
    repository.git('checkout', '-q', 'main');
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'broken\n' });
    repository.commit();
    repository.git('checkout', '-q', '-B', 'change');
    repository.capsule(COUNTER, { files: { 'spec/logic.md': '# Mended\n' } });
    repository.commit();
    expect(inShort(await repository.verify(SINCE))).toEqual(['capsules/counter admitted']);
  });

  test('a branch from before a key was revoked does not bring it back', async () => {
    const repository = branched();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    repository.commit();
    repository.git('checkout', '-q', 'main');
    repository.trust(newKey());
    repository.commit('revoke');
    repository.git('checkout', '-q', 'change');
    expect(inShort(await repository.verify(SINCE))).toEqual(['capsules/counter admitted', 'VNES2406']);
    const judged = await repository.verify(SINCE, { trust: { from: 'main' } });
    expect(inShort(judged)).toEqual(['capsules/counter refused', 'VNES2011']);
  });

  test('a change of hands is told', async () => {
    const repository = branched();
    const other = newKey();
    repository.trust(repository.key, other);
    repository.git('checkout', '-q', 'main');
    repository.commit('trust two');
    repository.git('checkout', '-q', '-B', 'change');
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' }, key: other });
    repository.commit();
    expect(inShort(await repository.verify(SINCE))).toEqual(['capsules/counter admitted', '~VNES2412']);
  });

  test.each(['nowhere', '', '-x', '--all', 'main:capsules', 'main\nmain', 'HEAD^{tree}'])(
    'refuses the revision %j',
    async revision => {
      await expect(workshop().verify({ kind: 'since', revision, head: 'HEAD' })).rejects.toThrow('VNES2402');
    },
  );

  test('refuses a name that a tag has taken from a branch', async () => {
    const repository = branched();
    const stranger = newKey();
    repository.trust(stranger);
    repository.capsule(COUNTER, { key: stranger });
    repository.commit('evil');
    repository.git('update-ref', 'refs/remotes/origin/main', 'main');
    repository.git('tag', 'origin/main');
    await expect(repository.verify({ ...SINCE, revision: 'origin/main' })).rejects.toThrow('VNES2402');
    await expect(repository.verify(SINCE, { trust: { from: 'origin/main~0' } })).rejects.toThrow('VNES2402');
    const report = await repository.verify({ ...SINCE, revision: 'refs/remotes/origin/main' });
    expect(inShort(report)).toContain('VNES2405');
  });

  test('refuses a base without common history', async () => {
    const repository = branched();
    repository.git('checkout', '-q', '--orphan', 'other');
    repository.commit('orphan');
    await expect(repository.verify(SINCE)).rejects.toThrow('VNES2415');
  });
});

describe('verify --tree', () => {
  const TREE = { kind: 'tree', revision: 'HEAD' } as const;

  test('verifies every capsule of a commit, and does not trust the commit', async () => {
    const repository = workshop();
    const distrusted = await repository.verify(TREE);
    expect(inShort(distrusted)).toEqual(['capsules/adder refused', 'capsules/counter refused', 'VNES2011']);
    const named = await repository.verify(TREE, { trust: { file: 'vnes.trust.json' } });
    expect(inShort(named)).toEqual(['capsules/adder admitted', 'capsules/counter admitted']);
    expect(named.examined[0]!.verdict.checks.some(({ id }) => id.startsWith('history'))).toBe(false);
    const from = await repository.verify(TREE, { trust: { from: 'HEAD' } });
    expect(inShort(from)).toEqual(inShort(named));
  });

  test('a tree without capsules is no success', async () => {
    const repository = workshop();
    repository.git('rm', '-rq', 'capsules');
    repository.commit();
    await expect(repository.verify(TREE)).rejects.toThrow('VNES4001');
    await expect(
      repository.verify({ kind: 'tree', revision: 'HEAD~1' }, { paths: ['docs'] }),
    ).rejects.toThrow('VNES4001');
  });

  test('keeps to the folders that were named', async () => {
    const report = await workshop().verify(TREE, { paths: ['capsules/adder/'], trust: { from: 'HEAD' } });
    expect(inShort(report)).toEqual(['capsules/adder admitted']);
    await expect(workshop().verify(TREE, { paths: ['..'] })).rejects.toThrow('VNES4001');
  });

  test('says that submodules were not looked into', async () => {
    const repository = workshop();
    const commit = repository.git('rev-parse', 'HEAD').trim();
    repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},capsules/other`);
    repository.git('commit', '-qm', 'submodule');
    const report = await repository.verify(TREE, { trust: { from: 'HEAD' } });
    expect(inShort(report)).toContain('~VNES2414');
  });

  test('names in bytes that are no UTF-8, and names that fold to one', async () => {
    const repository = workshop();
    const id = repository.git('hash-object', '-w', 'README.md').trim();
    writeFileSync(Buffer.from(`${repository.at(COUNTER)}/\xff.txt`, 'latin1'), 'x');
    repository.git('add', '-A');
    repository.git('update-index', '--add', '--cacheinfo', `100644,${id},capsules/adder/SPEC/Logic.md`);
    repository.git('commit', '-qm', 'names');
    const report = await repository.verify(TREE, { trust: { from: 'HEAD' } });
    expect(inShort(report)).toEqual([
      'capsules/adder refused',
      'capsules/counter refused',
      'VNES2022',
      'VNES2021',
    ]);
  });

  test('reads repositories that name objects by SHA-256', async () => {
    const repository = workshop();
    repository.remove('.git');
    repository.git('init', '-q', '--object-format=sha256', '.');
    repository.commit();
    const report = await repository.verify(TREE, { trust: { from: 'HEAD' } });
    expect(inShort(report)).toEqual(['capsules/adder admitted', 'capsules/counter admitted']);
  });
});

describe('git itself', () => {
  test('is not led astray by replaced objects', async () => {
    const repository = workshop();
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'bad\n' });
    const bad = repository.commit();
    repository.git('replace', bad, `${bad}~1`);
    const report = await repository.verify({ kind: 'tree', revision: bad }, { trust: { from: 'HEAD~1' } });
    expect(inShort(report)).toContain('VNES2004');
  });

  test('runs nothing that the repository names, and no git from a relative folder', async () => {
    const repository = workshop();
    const marker = repository.at('.git/ran');
    const program = repository.at('.git/program');
    writeFileSync(program, `#!/bin/sh\ntouch ${marker}\ncat\n`);
    chmodSync(program, 0o755);
    for (const name of ['core.fsmonitor', 'diff.external', 'core.sshCommand', 'core.pager'])
      repository.git('config', name, program);
    repository.git('config', 'filter.evil.clean', program);
    repository.git('config', 'diff.evil.textconv', program);
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    repository.git('-c', 'core.fsmonitor=false', 'add', '-A');
    repository.write({ '.gitattributes': '* filter=evil diff=evil\n' });
    mkdirSync(repository.at('bin'));
    writeFileSync(repository.at('bin/git'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    repository.variables.PATH = `bin:${repository.variables.PATH}`;
    repository.variables.GIT_DIR = '/nonexistent';
    repository.variables.GIT_EXTERNAL_DIFF = program;
    const report = await repository.verify({ kind: 'staged' });
    expect(inShort(report)).toEqual(['capsules/counter admitted']);
    expect(() => chmodSync(marker, 0o600)).toThrow('ENOENT');
  });

  test('a missing object is a finding, and nothing is fetched', async () => {
    const repository = workshop();
    const id = repository.git('rev-parse', `HEAD:${COUNTER}/spec/logic.md`).trim();
    repository.git('rm', '-q', '--cached', 'capsules/adder/spec/logic.md');
    repository.remove(`.git/objects/${id.slice(0, 2)}/${id.slice(2)}`);
    const report = await repository.verify({ kind: 'tree', revision: 'HEAD' }, { trust: { from: 'HEAD' } });
    expect(inShort(report)).toContain('VNES2404');
  });

  test('outside of a repository, and without git', async () => {
    const repository = workshop();
    repository.variables.PATH = '/nonexistent';
    await expect(repository.verify({ kind: 'tree', revision: 'HEAD' })).rejects.toThrow('VNES2401');
    repository.variables.PATH = process.env.PATH ?? '';
    repository.remove('.git');
    await expect(repository.verify({ kind: 'staged' })).rejects.toThrow('VNES2401');
  });
});
