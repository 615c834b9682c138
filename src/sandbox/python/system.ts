import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { librariesOf } from '../confine/libraries.ts';
import type { Confinement, Source } from '../confine/types.ts';
import type { PythonCode } from '../contract.ts';
import { readBeside } from './assets.ts';
import { CAPSULE_FOLDER, SDK_FOLDER } from './release.ts';

/** Where systems put it. The search path is not asked: whoever may set it could put another program there. */
const PLACES = ['/usr/bin/python3', '/usr/local/bin/python3'];
const QUESTION =
  'import os, sys; print(os.path.dirname(os.__file__)); print("python%d.%d" % sys.version_info[:2])';
const START_MS = 20_000;
/** Each file goes through a pipe of its own. */
const MOST_FILES = 400;

/** No site packages, no bytecode files, no folder of the script among those that are searched. */
const FLAGS = ['-S', '-s', '-B'];

interface Python {
  readonly program: string;
  /** Its standard library on this machine, and the name of that folder inside. */
  readonly library: string;
  readonly name: string;
}

let known: Python | undefined;

/**
 * A capsule's sources on the system's Python: the interpreter with its libraries and its standard library as they are on this machine, the
 * sources from the verified bytes. @throws Failure VNES5033, VNES5035
 */
export function systemPython({ entry, files }: PythonCode): Omit<Confinement, 'limits'> {
  if (files.size > MOST_FILES) tooMany(files.size);
  known ??= findPython();
  const { program, library, name } = known;
  const inside = posix.join('/lib', name);
  return {
    policy: 'python',
    program: { host: program },
    args: [...FLAGS, `${SDK_FOLDER}/system.py`, entry.module, entry.callable],
    environment: environmentOf(inside),
    files: new Map<string, Source>([
      ...[...librariesOf(program)].map(([path, host]) => [path, { host }] as const),
      [inside, { host: library }],
      ...['system.py', 'vnes.py'].map(
        file => [`${SDK_FOLDER}/${file}`, { bytes: readBeside(file) }] as const,
      ),
      ...[...files].map(([path, bytes]) => [`${CAPSULE_FOLDER}/${path}`, { bytes }] as const),
    ]),
  };
}

/** The same hashes, texts and paths everywhere. */
function environmentOf(library: string): readonly string[] {
  const folders = [
    SDK_FOLDER,
    CAPSULE_FOLDER,
    `${CAPSULE_FOLDER}/impl/vendor`,
    library,
    `${library}/lib-dynload`,
  ];
  return [
    'PYTHONHASHSEED=0',
    'PYTHONHOME=/',
    `PYTHONPATH=${folders.join(':')}`,
    'PYTHONUTF8=1',
    'LC_ALL=C.UTF-8',
    'TZ=UTC',
    'GLIBC_TUNABLES=glibc.malloc.arena_max=1',
  ];
}

/** The first that is there. @throws Failure VNES5035 */
export function findPython(places: readonly string[] = PLACES): Python {
  const program = places.find(place => existsSync(place));
  if (program === undefined) return missing(places, 'none');
  try {
    const options = { env: {}, cwd: '/', encoding: 'utf8', timeout: START_MS } as const;
    const [library = '', name = ''] = execFileSync(program, ['-I', '-S', '-c', QUESTION], options).split(
      '\n',
    );
    return { program: realpathSync(program), library: realpathSync(library), name };
  } catch {
    return missing(places, 'one that does not start');
  }
}

function missing(places: readonly string[], found: string): never {
  return fail('VNES5035', 'this machine has no Python for a capsule that asks for the system’s', {
    expected: places.join(' or '),
    found,
    help: 'apt-get install python3, or leave out runtime.interpreter in the manifest and sign again',
  });
}

function tooMany(found: number): never {
  return fail('VNES5033', 'a capsule brings more files than the system’s Python is given', {
    place: { file: 'impl/' },
    expected: `at most ${MOST_FILES} files in impl/`,
    found: String(found),
    help: 'leave out what is not used, or leave out runtime.interpreter in the manifest',
  });
}
