import { Pool } from '../agent/pool.ts';
import { FileTree } from '../agent/python/files.ts';
import { Interpreter } from '../agent/python/interpreter.ts';
import type { NanSign } from '../meter/emit.ts';
import { meterModule } from '../meter/meter.ts';
import { INTERPRETER, readAsset, readBeside, STDLIB } from './assets.ts';
import { LAYOUT, SDK_FOLDER, STDLIB_FILE } from './release.ts';

/** More than a start takes, so that it never ends for it. */
const FUEL = Number.MAX_SAFE_INTEGER;
const SDK = ['bootstrap.py', 'vnes.py'];
/** Compiled under the name of its file, by which its frames are known in tracebacks. */
const PROGRAM = `
path = '${SDK_FOLDER}/bootstrap.py'
with open(path) as file:
    code = compile(file.read(), path, 'exec')
exec(code)
`;
const DISPATCHER = '_vnes_dispatch';

/** The interpreter's module, metered like those of any capsule. */
export function makeCore(nans?: NanSign): Uint8Array {
  return meterModule(readAsset(INTERPRETER), nans).slice();
}

/**
 * Starts an interpreter, loads the module `vnes` and much of the standard library, and takes an image of its memory. Nothing of a
 * capsule takes part, and nothing of this machine: the same bytes come out everywhere.
 */
export function makeImage(core: Uint8Array, hashSeed = 0): Uint8Array {
  const parts = {
    module: new WebAssembly.Module(core),
    pool: new Pool(FUEL),
    mostPages: LAYOUT.pages,
    files: new FileTree([...libraryFiles(), ...SDK.map(sdkFile)]),
    surroundings: { now: () => 0, random: (length: number) => new Uint8Array(length), hashSeed },
    answering: () => [],
  };
  parts.pool.refill();
  const said: string[] = [];
  try {
    return Interpreter.boot(parts, PROGRAM, DISPATCHER, text => said.push(text)).image();
  } catch (error) {
    throw new Error(`Python does not start: ${said.join('')}`, { cause: error });
  }
}

function sdkFile(name: string) {
  return [`${SDK_FOLDER}/${name}`, readBeside(name)] as const;
}

/** What every interpreter sees besides its capsule. */
export function libraryFiles(): (readonly [path: string, bytes: Uint8Array])[] {
  return [[STDLIB_FILE, readAsset(STDLIB)]];
}
