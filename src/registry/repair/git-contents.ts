import { realpathSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Ports } from '../../base/ports.ts';
import { type Git, gitFor, runGit } from '../git/command.ts';
import { GitObjects } from '../git/objects.ts';

/** What git holds of one file. */
export interface GitContent {
  /** Where it was found, in words. */
  readonly where: string;
  readonly bytes: Buffer;
}

/** Where to look, in words and as git names it, in front of a path. */
type Place = readonly [where: string, prefix: string];

/** What merges go to, by the names that git gives it. */
const TARGETS = ['@{upstream}', 'refs/remotes/origin/HEAD'];

/**
 * Files of the repository that the current folder lies in, as its index, its commit and the merge base hold them. Reads stored
 * objects alone: no filter or attribute changes them.
 */
export class GitContents {
  private readonly top: string;
  private readonly objects: GitObjects;
  private readonly places: readonly Place[];

  private constructor(top: string, objects: GitObjects, places: readonly Place[]) {
    this.top = top;
    this.objects = objects;
    this.places = places;
  }

  /** Undefined where there is no repository, or no git. */
  static async open(ports: Ports): Promise<GitContents | undefined> {
    const git = gitFor(ports);
    const shown = await unlessRefused(() => runGit(git, ['rev-parse', '--show-toplevel']));
    const top = shown?.toString('utf8').replace(/\n$/, '');
    if (!top || top.includes('\n')) return undefined;
    const base = await baseOf(git);
    const places: Place[] = [
      ['the index', ':0:'],
      ['HEAD', 'HEAD:'],
      ...(base === undefined ? [] : ([['the merge base', `${base}:`]] as const)),
    ];
    return new GitContents(realpathSync(top), new GitObjects(git), places);
  }

  close(): void {
    this.objects.close();
  }

  /** What git holds of a file, by its absolute path; each content once. */
  async read(file: string): Promise<readonly GitContent[]> {
    const relative = path.relative(this.top, file);
    if (relative.startsWith('..') || path.isAbsolute(relative) || relative.includes('\n')) return [];
    const found = new Map<string, GitContent>();
    for (const [where, prefix] of this.places) {
      const name = prefix + relative.split(path.sep).join('/');
      const object = await unlessRefused(() => this.objects.read(name, LIMITS.loadedFileBytes));
      if (object?.type !== 'blob' || !object.bytes || found.has(object.id)) continue;
      found.set(object.id, { where, bytes: object.bytes });
    }
    return [...found.values()];
  }
}

/** Where this branch left the one that it is to be merged into, if that can be told. */
async function baseOf(git: Git): Promise<string | undefined> {
  for (const target of TARGETS) {
    const commit = await oneId(git, ['rev-parse', '--verify', '--quiet', `${target}^{commit}`]);
    const base = commit && (await oneId(git, ['merge-base', 'HEAD', commit]));
    if (base) return base;
  }
  return undefined;
}

async function oneId(git: Git, args: readonly string[]): Promise<string | undefined> {
  const output = await unlessRefused(() => runGit(git, args));
  return /^[0-9a-f]{40,64}(?=\n)/.exec(output?.toString('latin1') ?? '')?.[0];
}

/** Without git there is one source less, and no failure. */
async function unlessRefused<Value>(run: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
