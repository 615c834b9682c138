import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { isExecutable } from '../../base/search-path.ts';

/** Where compilers of the system are looked for, and the home folder that some of them need to find their parts. */
export interface Machine {
  /** Absolute folders, as in PATH. */
  readonly searchPath: string;
  readonly home?: string | undefined;
}

/** Where systems put their compilers. */
export const USUAL_MACHINE: Machine = { searchPath: '/usr/local/bin:/usr/bin:/bin' };

/** A compiler that the system has or lacks. */
export interface SystemTool {
  /** Names of the program, the best first. */
  readonly names: readonly string[];
  /** Debian packages that bring it. */
  readonly packages: string;
  /** Whether this copy will do; one that lacks a part does not. */
  readonly serves?: (program: string, environment: Environment) => boolean;
}

export interface FoundProgram {
  readonly tool: string;
  readonly version: string;
  readonly path: string;
}

export type Environment = Readonly<Record<string, string>>;

/**
 * Finds a compiler by its names in the folders of the search path, in that order, and asks it for its version.
 * @throws Failure VNES5401 with the packages to install when there is none.
 */
export function findProgram(tool: SystemTool, machine: Machine, shownAs: string): FoundProgram {
  const environment = environmentOf(machine);
  const candidates = tool.names.flatMap(name =>
    machine.searchPath
      .split(path.delimiter)
      .filter(folder => path.isAbsolute(folder))
      .map(folder => path.join(folder, name)),
  );
  const found = candidates.find(file => isExecutable(file) && (tool.serves?.(file, environment) ?? true));
  if (found === undefined) return missing(tool, shownAs);
  return { tool: path.basename(found), path: found, version: versionOf(found, environment, shownAs) };
}

/** What a compiler sees of the environment: nothing that would change what it makes. */
export function environmentOf({ searchPath, home }: Machine): Environment {
  return {
    PATH: searchPath,
    LC_ALL: 'C',
    SOURCE_DATE_EPOCH: '0',
    ...(home === undefined ? {} : { HOME: home }),
  };
}

/** What a program prints. Throws when it fails. */
export function output(program: string, args: readonly string[], env: Environment): string {
  return execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Its first line: the release and whose build it is, for another build may make other bytes. */
function versionOf(program: string, environment: Environment, shownAs: string): string {
  try {
    return output(program, ['--version'], environment).split('\n')[0]!.trim().slice(0, 200);
  } catch {
    return fail('VNES5401', `the compiler ${program} does not say its version`, {
      place: { file: shownAs },
      expected: 'an answer to --version',
      found: 'a failure',
      help: 'install it anew',
    });
  }
}

function missing({ names, packages }: SystemTool, shownAs: string): never {
  return fail('VNES5401', `this machine has no ${names[0]} that builds this capsule`, {
    place: { file: shownAs },
    expected: `${names.join(' or ')} of the Debian packages ${packages}, or the like, on the search path`,
    found: 'none',
    help: `apt-get install ${packages}`,
  });
}
