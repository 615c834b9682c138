import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../trust/capsules.ts';
import { type Repository, workshop } from './repository.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const COUNTER = 'capsules/counter';
const PREK = path.join(ROOT, 'node_modules/.bin/prek');
const GUIDE = readFileSync(path.join(ROOT, 'docs/gate.md'), 'utf8');

/** The example of the guide that begins with this comment. */
function example(file: string): string {
  const block = GUIDE.split('```').find(text => text.includes(`# ${file}\n`));
  return block!.slice(block!.indexOf('\n') + 1);
}

/** What a hook manager needs to be there, and how it is set up in a repository. */
interface Manager {
  readonly program: string;
  readonly set: (repository: Repository) => void;
}

const MANAGERS: Readonly<Record<string, Manager>> = {
  'pre-commit': { program: 'pre-commit', set: repository => hookRepository(repository, 'pre-commit') },
  prek: {
    program: path.join(ROOT, 'node_modules/.bin/prek'),
    set: repository => hookRepository(repository, PREK),
  },
  lefthook: {
    program: path.join(ROOT, 'node_modules/.bin/lefthook'),
    set: repository => {
      const script = '.lefthook/pre-commit/vnes.sh';
      repository.write({ 'lefthook.yml': example('lefthook.yml'), [script]: example(script) });
      run(repository, path.join(ROOT, 'node_modules/.bin/lefthook'), 'install');
    },
  },
  'husky, or git alone': {
    program: 'git',
    set: repository => {
      repository.write({ '.husky/pre-commit': example('.husky/pre-commit') });
      execFileSync('chmod', ['+x', repository.at('.husky/pre-commit')]);
      repository.git('config', 'core.hooksPath', '.husky');
    },
  },
};

/** This project as a repository of hooks: what matters of it is .pre-commit-hooks.yaml. */
function hookRepository(repository: Repository, program: string): void {
  const hooks = temporaryFolder();
  copyFileSync(path.join(ROOT, '.pre-commit-hooks.yaml'), path.join(hooks, '.pre-commit-hooks.yaml'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', hooks, ...args], { env: environment(repository) });
  git('init', '-q', '.');
  git('add', '-A');
  git('commit', '-q', '-m', 'hooks');
  const rev = git('rev-parse', 'HEAD').toString().trim();
  const config = example('.pre-commit-config.yaml')
    .replace(/repo: .*/, `repo: ${hooks}`)
    .replace(/rev: .*/, `rev: ${rev}`);
  repository.write({ '.pre-commit-config.yaml': config });
  run(repository, program, 'install');
}

function environment(repository: Repository): Record<string, string> {
  const home = path.join(repository.root, '../home');
  return {
    ...repository.variables,
    HOME: home,
    PATH: `${path.join(home, 'bin')}:${path.dirname(process.execPath)}:${process.env.PATH}`,
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}

function run(repository: Repository, program: string, ...args: string[]) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: repository.root,
    env: environment(repository),
    encoding: 'utf8',
  });
  if (error) throw error;
  return { status, output: stdout + stderr };
}

/** Puts the real vnes on the search path. */
function vnesOnPath(repository: Repository): void {
  const bin = path.join(repository.root, '../home/bin');
  mkdirSync(bin, { recursive: true });
  const script = `#!/bin/sh\nexec '${process.execPath}' '${path.join(ROOT, 'bin/vnes.js')}' "$@"\n`;
  writeFileSync(path.join(bin, 'vnes'), script, { mode: 0o755 });
}

/** A workshop with the manager's hook in place and the real vnes on the search path. */
function hooked({ set }: Manager): Repository {
  const repository = workshop();
  vnesOnPath(repository);
  set(repository);
  repository.git('add', '-A');
  const first = run(repository, 'git', 'commit', '-qm', 'hooks');
  if (first.status !== 0) throw new Error(first.output);
  return repository;
}

function commit(repository: Repository) {
  repository.git('add', '-A');
  return run(repository, 'git', 'commit', '-m', 'change');
}

const present = (program: string) => spawnSync(program, ['--version']).error === undefined;

describe.each(Object.entries(MANAGERS))('%s', (_, manager) => {
  const absent = !present(manager.program);
  if (absent) process.stderr.write(`skipped: ${manager.program} is not installed\n`);

  test.skipIf(absent)('runs the gate at each commit', { timeout: 120_000 }, () => {
    const repository = hooked(manager);
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    expect(commit(repository)).toMatchObject({ status: 0 });
    expect(repository.git('log', '-1', '--format=%s').trim()).toBe('change');

    // Both are skipped by managers that look for changed files by name.
    rmSync(repository.at(COUNTER, 'receipt.stunir.json'));
    const deleted = commit(repository);
    expect([deleted.status, deleted.output]).toEqual([1, expect.stringContaining('VNES2407')]);
    repository.git('reset', '-q', '--hard');

    rmSync(repository.at(COUNTER, 'spec/logic.md'));
    symlinkSync('../../adder/spec/logic.md', repository.at(COUNTER, 'spec/logic.md'));
    const swapped = commit(repository);
    expect([swapped.status, swapped.output]).toEqual([1, expect.stringContaining('VNES2408')]);
    repository.git('reset', '-q', '--hard');

    // Here git gives the hook an index of its own.
    repository.write({ [`${COUNTER}/spec/logic.md`]: 'changed\n' });
    const direct = run(repository, 'git', 'commit', '-am', 'change');
    expect([direct.status, direct.output]).toEqual([1, expect.stringContaining('VNES2004')]);
  });
});

describe('a server', () => {
  test('judges what is pushed before it takes it', () => {
    const repository = workshop();
    const home = path.join(repository.root, '../home');
    vnesOnPath(repository);
    repository.git('clone', '-q', '--bare', '.', path.join(home, 'server.git'));
    const script = path.join(home, 'server.git/hooks/pre-receive');
    writeFileSync(script, example('hooks/pre-receive'), { mode: 0o755 });
    const push = () => run(repository, 'git', 'push', path.join(home, 'server.git'), 'HEAD:main');
    const taken = () =>
      repository.git('--git-dir', path.join(home, 'server.git'), 'rev-parse', 'main').trim();

    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    const good = repository.commit();
    expect(push()).toMatchObject({ status: 0, output: expect.stringContaining('1 verified') });
    rmSync(repository.at(COUNTER, 'receipt.stunir.json'));
    repository.commit();
    expect(push()).toMatchObject({ status: 1, output: expect.stringContaining('VNES2407') });
    expect(taken()).toBe(good);
  });
});

describe('the GitHub action', () => {
  const ACTION = readFileSync(path.join(ROOT, 'action.yml'), 'utf8');

  /** The script of its last step. */
  function script(): string {
    const lines = ACTION.slice(ACTION.lastIndexOf('run: |')).split('\n').slice(1);
    return lines.map(line => line.trim()).join('\n');
  }

  function act(repository: Repository, since: string) {
    const file = path.join(repository.root, '../summary.md');
    writeFileSync(file, '');
    const env = {
      ...environment(repository),
      SINCE: since,
      TRUST_FROM: '',
      GITHUB_ACTION_PATH: ROOT,
      GITHUB_STEP_SUMMARY: file,
    };
    const { status, stdout } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script()], {
      cwd: repository.root,
      env,
      encoding: 'utf8',
    });
    return { status, stdout, summary: readFileSync(file, 'utf8') };
  }

  test('passes a good change, and annotates a bad one', () => {
    const repository = workshop();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    repository.commit();
    expect(act(repository, 'HEAD~1')).toMatchObject({
      status: 0,
      summary: expect.stringContaining('1 discovered = 1 verified + 0 failed'),
    });
    rmSync(repository.at(COUNTER, 'receipt.stunir.json'));
    repository.commit();
    const bad = act(repository, 'HEAD~1');
    expect(bad.status).toBe(1);
    expect(bad.stdout).toMatch(/^::error /m);
    expect(bad.summary).toContain('1 discovered = 0 verified + 1 failed');
  });

  test('fails where no event says what to compare with', () => {
    expect(act(workshop(), '').status).toBe(2);
  });

  test('hands what a stranger may write to the shell by its environment only', () => {
    const scripts = ACTION.split('\n').filter(line => /^ {8}\S/.test(line) && !/^ {8}[A-Z_]+: /.test(line));
    expect(scripts.length).toBeGreaterThan(3);
    expect(scripts.filter(line => line.includes('${{'))).toEqual([]);
  });
});
