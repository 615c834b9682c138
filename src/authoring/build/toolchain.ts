import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fail } from '../../base/diagnostic.ts';
import type { Tool } from './job.ts';

/** A compiler that capsules bring along, and where its entry point lies in the package. */
export interface ToolPackage {
  readonly name: string;
  readonly entry: string;
}

export interface FoundTool extends Tool {
  /** Address of its entry point, for `import`. */
  readonly url: string;
}

export interface LoadedTool<T> extends Tool {
  readonly module: T;
}

/**
 * Finds a compiler: in the capsule's own `node_modules`, then upwards from there, then beside vnes. The compiler belongs to the
 * capsule, so that a later build by someone else uses the same version.
 * @throws Failure VNES5401 when there is none.
 */
export function findTool(tool: ToolPackage, folder: string, shownAs: string): FoundTool {
  const home = findPackage(tool, folder) ?? findPackage(tool, dirname(fileURLToPath(import.meta.url)));
  if (home === undefined) return missing(tool, shownAs);
  return {
    tool: tool.name,
    version: versionOf(home, tool, shownAs),
    url: pathToFileURL(join(home, tool.entry)).href,
  };
}

function versionOf(home: string, { name }: ToolPackage, shownAs: string): string {
  const file = join(home, 'package.json');
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: unknown };
    if (typeof version === 'string') return version;
  } catch {
    // Reported below: what matters is that nobody can say which version it is.
  }
  return fail('VNES5401', `the compiler ${name} does not say its version`, {
    place: { file },
    expected: 'the package.json of an installed package',
    help: `npm install --prefix ${shownAs}`,
  });
}

/** Finds a compiler and loads it. @throws Failure VNES5401 */
export async function loadTool<T>(
  tool: ToolPackage,
  folder: string,
  shownAs: string,
): Promise<LoadedTool<T>> {
  const { version, url } = findTool(tool, folder, shownAs);
  try {
    return { tool: tool.name, version, module: (await import(url)) as T };
  } catch (error) {
    return fail('VNES5401', `the compiler ${tool.name} cannot be loaded`, {
      place: { file: fileURLToPath(url) },
      found: error instanceof Error ? error.message.split('\n')[0] : String(error),
      help: `npm install --prefix ${shownAs}`,
    });
  }
}

function findPackage({ name, entry }: ToolPackage, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const home = join(folder, 'node_modules', name);
    if (existsSync(join(home, entry))) return home;
    if (dirname(folder) === folder) return undefined;
  }
}

function missing({ name }: ToolPackage, shownAs: string): never {
  return fail('VNES5401', `the compiler ${name} is not installed`, {
    place: { file: shownAs },
    expected: `${name} in the capsule's node_modules or in a folder above it`,
    found: 'none',
    help: `npm install --prefix ${shownAs}`,
  });
}
