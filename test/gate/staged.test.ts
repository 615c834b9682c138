import { cpSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CHANGES, COUNTER } from './changes.ts';
import { inShort, Repository, workshop } from './repository.ts';

describe('verify --staged', () => {
  test('has nothing to say when nothing staged touches a capsule', async () => {
    const repository = workshop();
    repository.write({ 'README.md': 'changed\n' });
    const report = await repository.staged();
    expect(inShort(report)).toEqual([]);
    expect(report.change.map(({ result }) => result)).toEqual(Array(5).fill('pass'));
  });

  test('verifies only the capsules that staged changes touch, each as a whole', async () => {
    const repository = workshop();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    const report = await repository.staged();
    expect(inShort(report)).toEqual(['capsules/counter admitted']);
    expect(report.examined[0]!.verdict).toMatchObject({ id: 'user.ada.counter', version: '1.3.0' });
    expect(report.examined[0]!.walk.files.map(({ path }) => path)).toEqual([
      'manifest.json',
      'spec/logic.md',
      'spec/published.json',
      'spec/taken.json',
    ]);
  });

  test('reads the index and not the checkout', async () => {
    const repository = workshop();
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'bad\n' });
    repository.git('add', '-A');
    repository.write({ [`${COUNTER}/spec/logic.md`]: '# Logic\n' });
    expect(inShort(await repository.verify({ kind: 'staged' }))).toEqual([
      'capsules/counter refused',
      'VNES2004',
    ]);
    repository.git('add', '-A');
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'bad\n', [`${COUNTER}/untracked`]: 'x' });
    repository.git('rm', '-q', '--cached', 'README.md');
    expect(inShort(await repository.verify({ kind: 'staged' }))).toEqual([]);
  });

  test('is not moved by line ends that a checkout would change', async () => {
    const repository = workshop();
    repository.git('config', 'core.autocrlf', 'true');
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    repository.git('-c', 'core.autocrlf=false', 'add', '-A');
    repository.git('-c', 'core.autocrlf=true', 'checkout-index', '-f', '-a');
    expect(inShort(await repository.verify({ kind: 'staged' }))).toEqual(['capsules/counter admitted']);
  });

  test('a file announced with git add -N is no part of the commit', async () => {
    const repository = workshop();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    repository.git('add', '-A');
    repository.write({ [`${COUNTER}/later.txt`]: 'later\n' });
    repository.git('add', '-N', `${COUNTER}/later.txt`);
    expect(inShort(await repository.verify({ kind: 'staged' }))).toEqual(['capsules/counter admitted']);
  });

  test('before the first commit, only the user is asked who is trusted', async () => {
    const repository = new Repository();
    repository.trust(repository.key);
    repository.capsule(COUNTER);
    expect(inShort(await repository.staged())).toEqual(['capsules/counter refused', 'VNES2405', 'VNES2011']);
  });

  test('honours the index that git gives to hooks', async () => {
    const repository = workshop();
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'bad\n' });
    const index = repository.at('.git/other-index');
    cpSync(repository.at('.git/index'), index);
    repository.variables.GIT_INDEX_FILE = index;
    repository.git('add', '-A');
    expect(inShort(await repository.verify({ kind: 'staged' }))).toContain('VNES2004');
    delete repository.variables.GIT_INDEX_FILE;
    expect(inShort(await repository.verify({ kind: 'staged' }))).toEqual([]);
  });

  test('refuses an index with unmerged paths', async () => {
    const repository = workshop();
    repository.git('checkout', '-q', '-b', 'side');
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'one\n' });
    repository.commit();
    repository.git('checkout', '-q', 'main');
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'two\n' });
    repository.commit();
    expect(() => repository.git('merge', 'side')).toThrow();
    await expect(repository.verify({ kind: 'staged' })).rejects.toThrow('VNES2403');
  });
});

describe('what a change does to a capsule', () => {
  test.each(CHANGES)('%s', async (_, expected, spoil) => {
    const repository = workshop();
    spoil(repository);
    expect(inShort(await repository.staged()).toSorted()).toEqual(expected.toSorted());
  });
});
