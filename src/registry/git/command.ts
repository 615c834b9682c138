import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { diagnose, Failure } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import { absoluteFolders } from '../../base/search-path.ts';

/** How git is called for one repository. */
export interface Git {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Settings of a repository that would run programs, whatever they are set to. */
const SETTINGS = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'core.quotePath=false'].flatMap(
  setting => ['-c', setting],
);

/** No replaced or grafted objects, nothing fetched over a network (also by a git that knows no GIT_NO_LAZY_FETCH), no questions. */
const FIXED: Readonly<Record<string, string>> = {
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null/none',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};

/** Where a hook finds the index of the commit that is being made. */
const INDEX = ['GIT_INDEX_FILE'];
/** Where a server keeps what is being pushed until its hooks have accepted it (githooks, pre-receive). */
const QUARANTINE = [
  'GIT_DIR',
  'GIT_QUARANTINE_PATH',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
];

/**
 * git for the repository that the current folder lies in, with a cleaned environment: of the caller's, only the search path,
 * the home folder and what tells hooks where the objects and the index are.
 */
export function gitFor({ env }: Ports): Git {
  const passed = ['HOME', ...INDEX, ...(env.get('GIT_QUARANTINE_PATH') === undefined ? [] : QUARANTINE)];
  const kept = passed.flatMap(name => {
    const value = env.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    cwd: env.cwd,
    env: { ...Object.fromEntries(kept), ...FIXED, PATH: absoluteFolders(env.get('PATH')) },
  };
}

/** Starts git. Its `error` event means that it could not be started. */
export function startGit(git: Git, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn('git', [...SETTINGS, ...args], { cwd: git.cwd, env: git.env, windowsHide: true });
}

/**
 * Runs git to its end; its output as bytes. `good` are the exit statuses that count as success.
 * @throws Failure VNES2401 when it cannot be started or fails.
 */
export function runGit(git: Git, args: readonly string[], good: readonly number[] = [0]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = startGit(git, args);
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', error => reject(gitFailure(error)));
    child.on('close', status => {
      if (status !== null && good.includes(status)) resolve(Buffer.concat(out));
      else reject(gitFailure(undefined, Buffer.concat(err).toString()));
    });
    child.stdin.on('error', () => {});
    child.stdin.end();
  });
}

/** What it means that git could not be started, or that it ended badly with `said` on its standard error. */
export function gitFailure(error: Error | undefined, said = ''): Failure {
  if (error) {
    return new Failure(
      diagnose('VNES2401', 'git cannot be started', {
        expected: 'git on the search path',
        found: 'code' in error ? String(error.code) : 'nothing',
        help: 'install git; --staged, --since and --tree read its objects',
      }),
    );
  }
  const line = said.split('\n').find(text => /^(?:fatal|error): /.test(text)) ?? said.split('\n')[0] ?? '';
  return new Failure(
    diagnose('VNES2401', 'git refuses to read this repository', {
      expected: 'a git repository, in the current folder or above it',
      found: line.slice(0, 300) || 'no reason',
      help: 'call vnes in the repository (vnes -C FOLDER verify ...), and see that git status works there',
    }),
  );
}
