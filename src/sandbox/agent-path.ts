import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isOpenToAll } from './confine/reach.ts';
import type { Source } from './confine/types.ts';

/** Where the program that runs inside a sandbox lies, and what a confined process must be allowed to read for it. */
export interface AgentLocation {
  readonly file: string;
  /** A folder of the sources, or the file itself. */
  readonly readable: string;
}

const HERE = import.meta.dirname;
const FROM_SOURCES = HERE.endsWith(path.join('src', 'sandbox'));

/**
 * From the sources it is agent/main.ts, which imports more of `src/`. In the bundle it is `agent.js` beside the bundle's
 * chunks: one file that imports nothing but Node's own modules, built from src/sandbox/agent/main.ts.
 */
export function agentLocation(): AgentLocation {
  if (FROM_SOURCES) return { file: path.join(HERE, 'agent', 'main.ts'), readable: path.dirname(HERE) };
  const file = path.join(HERE, 'agent.js');
  return { file, readable: file };
}

/** The folder inside a confined process that holds the agent and nothing else. */
export const AGENT_FOLDER = '/vnes';

/** Each file that the agent consists of, with the path that it has below `AGENT_FOLDER`; the first is its main file. */
export function agentFiles(): readonly (readonly [inside: string, host: string])[] {
  const { file, readable } = agentLocation();
  return importedBy(file).map(host => [insideOf(readable, host), host] as const);
}

/** What makes Node.js take the files as modules. */
export const AGENT_PACKAGE = '{"type":"module"}';

/** The agent as a confined process has it: its main file, and all its files by their paths inside. */
export function confinedAgent(): { readonly file: string; readonly files: ReadonlyMap<string, Source> } {
  const { file, readable } = agentLocation();
  const inside = (host: string) => path.posix.join(AGENT_FOLDER, insideOf(readable, host));
  const hosts = readable === file || isOpenToAll(readable) ? [readable] : importedBy(file);
  return {
    file: inside(file),
    files: new Map<string, Source>([
      [path.posix.join(AGENT_FOLDER, 'package.json'), { bytes: Buffer.from(AGENT_PACKAGE) }],
      ...hosts.map(host => [inside(host), { host }] as const),
    ]),
  };
}

function insideOf(readable: string, host: string): string {
  return path.posix.join(...path.relative(path.dirname(readable), host).split(path.sep));
}

/** Sources in a private folder are handed over one by one, so they must be known: a file, and what it imports in turn. */
function importedBy(file: string): readonly string[] {
  const files = new Set([file]);
  for (const each of files) {
    const text = readFileSync(each, 'utf8');
    for (const [, target = ''] of text.matchAll(/\bfrom '(\.[^']+)'/g))
      files.add(path.resolve(path.dirname(each), target));
  }
  return [...files];
}
