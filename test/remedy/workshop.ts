import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../src/base/diagnostic.ts';
import { hostPorts } from '../../src/base/host.ts';
import type { Ports } from '../../src/base/ports.ts';
import type { Context, Result } from '../../src/cli/command.ts';
import { parseFast } from '../../src/cli/parse.ts';
import { createKeyPem, openKeyPem } from '../../src/trust/private-key.ts';
import type { Remedy } from '../../src/trust/remedy/model.ts';
import type { Verdict } from '../../src/trust/verdict.ts';
import type { Subject } from '../gate/mutants/capsule.ts';
import { write } from '../gate/mutants/capsule.ts';
import { Random } from '../gate/mutants/random.ts';

/** The time that trust roots are held against. */
export const NOW = '2026-06-01T00:00:00Z';

export type Judged = Verdict & { readonly remedy?: Remedy };

/** A folder with a capsule, a trust file, keys at hand and a home. Commands run in it as if typed. */
export class Workshop {
  readonly folder: string;
  readonly ports: Ports;

  /** What commands find in their environment. */
  private get variables(): Record<string, string | undefined> {
    const who = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org' };
    const too = { GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' };
    return { PATH: process.env.PATH, HOME: this.at('home'), GIT_CONFIG_NOSYSTEM: '1', ...who, ...too };
  }

  constructor(folder: string, cwd = folder) {
    this.folder = folder;
    const host = hostPorts();
    this.ports = {
      ...host,
      env: { ...host.env, cwd, home: this.at('home'), get: name => this.variables[name] },
    };
  }

  /** Writes a subject below `root`; its capsule is the folder `capsule`, its trust file `trust.json`. */
  static of(subject: Subject, root: string): Workshop {
    return new Workshop(path.dirname(write(subject, root).folder));
  }

  readonly at = (...names: string[]): string => path.join(this.folder, ...names);

  /** The keys of the originals of this seed, in the user's folder. */
  hold(seed: string, ...names: readonly string[]): this {
    const keys = this.at('home/.config/vnes/keys');
    mkdirSync(keys, { recursive: true });
    for (const name of names) {
      const random = new Random(`${seed} ${name}`);
      const pem = createKeyPem({ bytes: length => random.bytes(length) }, undefined);
      writeFileSync(path.join(keys, `${name}.key.pem`), pem);
      writeFileSync(path.join(keys, `${name}.pub.pem`), openKeyPem(pem, undefined, name).public.pem);
    }
    return this;
  }

  /** Commits what is here. */
  commit(): this {
    this.git('init', '-q', '--template=', '.');
    writeFileSync(this.at('.gitignore'), 'home\n.vnes\n');
    this.git('add', '-A');
    this.git('commit', '-q', '-m', 'signed');
    return this;
  }

  git(...words: readonly string[]): string {
    return execFileSync('git', words, { cwd: this.folder, env: this.variables, encoding: 'utf8' });
  }

  /** The same, but commands are typed in another folder. */
  from(cwd: string): Workshop {
    return new Workshop(this.folder, cwd);
  }

  /** The same, elsewhere. */
  copy(): Workshop {
    const folder = mkdtempSync(`${path.dirname(this.folder)}/copy-`);
    // With links, FIFOs and second names as they are.
    execFileSync('cp', ['-a', `${this.folder}/.`, folder]);
    return new Workshop(folder);
  }

  /** Gives another workshop the repository of this one. */
  give(other: Workshop): void {
    cpSync(this.at('.git'), other.at('.git'), { recursive: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a command line as a shell reads it. */
  async type(command: string): Promise<void> {
    const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1);
    if (words[0] === 'vnes') await this.run(words.slice(1));
    else execFileSync('sh', ['-c', command], { cwd: this.folder, env: this.variables, stdio: 'pipe' });
  }

  async run(words: readonly string[]): Promise<Result> {
    const invocation = await parseFast(words);
    if (!invocation) throw new Error(`vnes does not understand: ${words.join(' ')}`);
    const context: Context = {
      ports: this.ports,
      progress: () => {},
      line: () => true,
      stdin: async () => new Uint8Array(),
      secret: async () => undefined,
      takeScreen: () => {},
      whenStopped: () => {},
      asset: folder => path.resolve(import.meta.dirname, '../..', folder),
    };
    return invocation.spec.run!(context, invocation.args, invocation.options);
  }

  /** The verdict about the capsule, with its remedy; undefined when the trust file allows none. */
  async judge(...words: readonly string[]): Promise<Judged | undefined> {
    try {
      const { data } = await this.run(['verify', 'capsule', '--trust', 'trust.json', '--now', NOW, ...words]);
      return (data as unknown as { readonly verdicts: readonly Judged[] }).verdicts[0];
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'utf8');
  }
}
