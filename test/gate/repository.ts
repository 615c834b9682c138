import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/base/json.ts';
import type { Ports } from '../../src/base/ports.ts';
import { examineGit, type GateOptions, type GateReport } from '../../src/registry/git/gate.ts';
import { parseProof } from '../../src/trust/parse-proof.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { proofText } from '../../src/trust/proof.ts';
import { recheckProof } from '../../src/trust/recheck.ts';
import { diagnosticsOf } from '../../src/trust/verdict.ts';
import { decideAgain } from '../projections/agreement.ts';
import { MANIFEST, newKey, portsIn, temporaryFolder, writeFiles } from '../trust/capsules.ts';
import { NOW } from '../trust/roots.ts';
import { signNow } from '../trust/sign-now.ts';

/** Nothing of this machine's git settings. */
const GIT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

/** A real repository in a temporary folder, with signed capsules. */
export class Repository {
  readonly root = path.join(temporaryFolder(), 'repository');
  readonly key: SigningKey = newKey();
  readonly variables: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: path.dirname(this.root),
  };

  constructor() {
    writeFiles(this.root, { 'README.md': '# Capsules\n' });
    this.git('init', '-q', '-b', 'main', '.');
  }

  get ports(): Ports {
    return portsIn(this.root, this.variables);
  }

  readonly at = (...names: string[]): string => path.join(this.root, ...names);

  git(...args: string[]): string {
    const env = { ...GIT, ...this.variables };
    return execFileSync('git', args, {
      cwd: this.root,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  commit(message = 'change'): string {
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD').trim();
  }

  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    writeFiles(this.root, files);
  }

  link(name: string, target: string): void {
    symlinkSync(target, this.at(name));
  }

  remove(name: string): void {
    rmSync(this.at(name), { recursive: true });
  }

  /** Writes and signs a capsule; its id is `user.ada.` and the folder's own name, unless the manifest says otherwise. */
  capsule(folder: string, { manifest = {}, key = this.key, files = {} }: CapsuleOptions = {}): void {
    const id = `user.ada.${path.basename(folder)}`;
    this.write({
      [`${folder}/manifest.json`]: JSON.stringify({ ...MANIFEST, id, ...manifest }, undefined, 2),
      [`${folder}/spec/logic.md`]: '# Logic\n',
    });
    for (const [name, content] of Object.entries(files)) this.write({ [`${folder}/${name}`]: content });
    this.sign(folder, key);
  }

  sign(folder: string, key = this.key, options: { readonly add?: boolean } = {}): void {
    signNow(this.at(folder), folder, key, this.ports, options);
  }

  /** Writes the trust file of the repository. */
  trust(...keys: readonly SigningKey[]): void {
    const entries = keys.map(({ public: { base64 } }, index) => ({
      name: `key${index}`,
      public_key: base64,
      namespaces: ['user.*'],
    }));
    this.write({ 'vnes.trust.json': JSON.stringify({ version: 1, keys: entries }) });
  }

  /** The verdict, and with it always that its proof holds. The second checker decides it too, in the end. */
  async verify(
    source: GateOptions['source'],
    { trust, paths = [] }: VerifyOptions = {},
  ): Promise<GateReport> {
    const report = await examineGit({ source, trust: { now: NOW, ...trust }, paths }, this.ports);
    const text = proofOf(report);
    decideAgain(text);
    const proof = await parseProof(Buffer.from(text), 'proof.json');
    expect(recheckProof(proof, 'proof.json')).toEqual({
      verdicts: report.examined.map(({ verdict }) => verdict),
      change: report.change,
      removed: report.removed,
      diagnostics: [],
    });
    return report;
  }

  staged(): Promise<GateReport> {
    this.git('add', '-A');
    return this.verify({ kind: 'staged' });
  }
}

interface VerifyOptions {
  readonly trust?: Partial<GateOptions['trust']>;
  readonly paths?: readonly string[];
}

export interface CapsuleOptions {
  readonly manifest?: JsonObject;
  readonly key?: SigningKey;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** The proof of a report. */
export function proofOf(report: GateReport): string {
  const verifier = { name: 'vnes', version: 'test' };
  return proofText(report.examined, { verifier, trust: report.trust, git: report });
}

/** What a counter says of its topics, at first. */
export const COUNT: JsonObject = {
  type: 'object',
  required: ['n'],
  properties: { n: { type: 'integer', minimum: 0 } },
};

/** A capsule that publishes by one schema and takes by another; undefined is none. */
export function onTopics(
  published: JsonValue | undefined,
  taken: JsonValue | undefined,
  { version = '1.2.3', topic = 'user.count.v1' } = {},
): CapsuleOptions {
  const use = (topic: string, schema: JsonValue | undefined, path: string): JsonObject =>
    schema === undefined ? { topic } : { topic, schema: path };
  const [made, wanted] = ['spec/published.json', 'spec/taken.json'] as const;
  const bus = {
    publishes: [use(topic, published, made)],
    subscribes: [use('user.order.v1', taken, wanted)],
  };
  const files: Record<string, JsonValue | undefined> = { [made]: published, [wanted]: taken };
  const written = Object.entries(files).filter(([, schema]) => schema !== undefined);
  return {
    manifest: { version, interfaces: { bus } },
    files: Object.fromEntries(written.map(([path, schema]) => [path, JSON.stringify(schema)])),
  };
}

/** A repository whose first commit holds a trust file and two capsules. */
export function workshop(): Repository {
  const repository = new Repository();
  repository.trust(repository.key);
  repository.capsule('capsules/counter', onTopics(COUNT, COUNT));
  repository.capsule('capsules/adder');
  repository.commit('base');
  return repository;
}

/** A report in a few words: each capsule with its verdict, then codes of errors, and of warnings with a `~`. */
export function inShort({ examined, removed, change }: GateReport): string[] {
  const verdicts = examined.map(
    ({ verdict }) => `${verdict.folder} ${verdict.admitted ? 'admitted' : 'refused'}`,
  );
  const gone = removed.map(
    ({ folder, movedTo }) => `${folder} ${movedTo ? `moved to ${movedTo}` : 'removed'}`,
  );
  const told = [
    ...diagnosticsOf(change),
    ...examined.flatMap(({ verdict }) => diagnosticsOf(verdict.checks)),
  ];
  const codes = told.map(({ code, severity }) => (severity === 'error' ? code : `~${code}`));
  return [...verdicts, ...gone, ...new Set(codes)];
}
