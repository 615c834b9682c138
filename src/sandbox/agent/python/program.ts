import type { WirePython } from '../../protocol.ts';
import { CAPSULE_FOLDER } from '../../python/release.ts';
import type { UnpinnedPython } from '../../unpinned.ts';
import type { Message, Part } from '../asking/parts.ts';
import { granting, type HostInterfaces } from '../asking/requests.ts';
import { Stopped } from '../asking/stopped.ts';
import type { WorldEvent } from '../functions.ts';
import type { Pool } from '../pool.ts';
import { FileTree } from './files.ts';
import { unpackImage } from './image.ts';
import { DONE, Interpreter } from './interpreter.ts';
import { surroundingsOf } from './surroundings.ts';
import { unpin } from './unpin.ts';

/** What the dispatcher (python/bootstrap.py) is asked for. */
const ASK = { start: 1, handle: 2, serve: 3, inspect: 4 } as const;
/** How it says that an exception has ended the request, which the capsule raised to refuse it; anything above is a trap. */
const REFUSED = DONE + 1;

interface PythonExports {
  init(config: string): undefined;
  handle(event: WorldEvent): undefined;
  serve(method: string, payload: string): string;
}

/** Where compiled modules and bytes come from. */
interface Source {
  readonly blobs: readonly Uint8Array[];
  module(blob: number): WebAssembly.Module;
}

/** A capsule of Python sources behind the functions of a component: `init`, `handle` and `serve`. */
export function pythonProgram(
  code: WirePython,
  loader: Source,
  pool: Pool,
  unpinned: UnpinnedPython = {},
): (imports: object) => PythonExports & { handle(event: object): undefined } {
  const module = loader.module(code.core);
  const image = unpackImage(loader.blobs[code.image]!);
  const files = new FileTree([
    ...entries(code.library, loader.blobs, ''),
    ...entries(code.files, loader.blobs, `${CAPSULE_FOLDER}/`),
  ]);
  return imports => {
    const host = imports as HostInterfaces;
    const { mostPages } = code;
    const parts = {
      module,
      pool,
      mostPages,
      files,
      surroundings: unpin(surroundingsOf(host), unpinned),
      answering: granting(host),
    };
    const interpreter = Interpreter.restore(parts, image);
    if (unpinned.prelude !== undefined) interpreter.prepare(unpinned.prelude);
    return exportsOf(code, interpreter);
  };
}

function entries(paths: Readonly<Record<string, number>>, blobs: readonly Uint8Array[], folder: string) {
  return Object.entries(paths).map(([path, blob]) => [`${folder}${path}`, blobs[blob]!] as const);
}

function exportsOf({ module, callable, mode }: WirePython, interpreter: Interpreter): PythonExports {
  const ask = (kind: number, ...parts: Part[]) => textOf(interpreter.request(kind, parts));
  return {
    init: config => {
      if (mode === 'inspect') ask(ASK.inspect, module, callable);
      else ask(ASK.start, module, callable, config);
    },
    handle: ({ topic, partition, offset, time, key, payload }) => {
      ask(ASK.handle, topic, String(partition), String(offset), String(time), key ?? null, payload);
    },
    serve: (method, payload) => ask(ASK.serve, method, payload),
  };
}

/** A refusal becomes what the glue of components throws for one, everything else that failed a trap. */
function textOf({ kind, parts }: Message): string {
  const text = parts[0] ?? '';
  if (kind === DONE) return text;
  if (kind === REFUSED) throw Object.assign(new Error('refused'), { payload: text });
  throw new Stopped(text);
}
