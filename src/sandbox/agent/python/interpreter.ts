import { DOOR } from '../../python/release.ts';
import type { Message, Part } from '../asking/parts.ts';
import type { Answering } from '../asking/requests.ts';
import { Stopped } from '../asking/stopped.ts';
import type { Pool } from '../pool.ts';
import type { Device } from './descriptors.ts';
import { Door } from './door.ts';
import type { FileTree } from './files.ts';
import { type Image, packImage } from './image.ts';
import { Machine, StartedUp } from './machine.ts';
import type { Surroundings } from './surroundings.ts';

export interface InterpreterParts {
  readonly module: WebAssembly.Module;
  readonly pool: Pool;
  readonly mostPages: number;
  readonly files: FileTree;
  readonly surroundings: Surroundings;
  readonly answering: Answering;
}

/** The first request of an answer, by which the dispatcher says how it ended. */
export const DONE = 20;
/** Where output goes that Python code writes past `sys.stdout`: nowhere. */
const SINK: Device = { read: () => new Uint8Array(), write: () => {} };
/** No site packages, no bytecode files: `python -S -B`. */
const ARGUMENTS = ['python', '-S', '-B'];

/** One Python interpreter, which answers one request at a time. */
export class Interpreter {
  private readonly machine: Machine;
  private readonly door: Door;
  private readonly pool: Pool;
  private dispatch = 0;
  private done: Message | undefined;

  private constructor(parts: InterpreterParts, log = SINK) {
    this.door = new Door(message => this.answer(message, parts.answering));
    const devices = new Map<number, Device>([
      [0, SINK],
      [1, log],
      [2, log],
      [DOOR, this.door],
    ]);
    this.machine = new Machine({ ...parts, devices });
    this.pool = parts.pool;
  }

  /** Starts Python and runs `program`; `log` gets what goes wrong. Slow: done once for an installation. */
  static boot(
    parts: InterpreterParts,
    program: string,
    dispatcher: string,
    log: (text: string) => void,
  ): Interpreter {
    const device = { ...SINK, write: (bytes: Uint8Array) => log(Buffer.from(bytes).toString('utf8')) };
    const interpreter = new Interpreter(parts, device);
    interpreter.startUp(program, dispatcher);
    return interpreter;
  }

  /** An interpreter as it was when its image was taken. */
  static restore(parts: InterpreterParts, image: Image): Interpreter {
    const interpreter = new Interpreter(parts);
    const { memory } = interpreter.machine;
    const missing = (image.size - memory.bytes.length) / 65_536;
    if (missing > 0 && !memory.grow(missing)) throw new Stopped('memory ran out');
    memory.bytes.fill(0);
    for (const { at, bytes } of image.blocks) memory.write(at, bytes);
    interpreter.dispatch = image.dispatch;
    return interpreter;
  }

  /** Runs code of the host's before any of a capsule. It takes nothing from the guest. */
  prepare(program: string): void {
    const { machine, pool } = this;
    pool.aside(() => {
      const failed = machine.withText(program, at => machine.exports.PyRun_SimpleString!(at));
      if (failed !== 0) throw new Error('the prelude of the interpreter fails');
    });
  }

  image(): Uint8Array {
    return packImage(this.machine.memory.bytes, this.dispatch);
  }

  /** Hands one request to the dispatcher and returns how it says that it ended: a kind and texts. */
  request(kind: number, parts: readonly Part[]): Message {
    const { exports } = this.machine;
    this.done = undefined;
    this.door.offer(kind, parts);
    const result = exports.PyObject_CallNoArgs!(this.dispatch);
    if (result === 0 || this.done === undefined) throw new Stopped('the interpreter failed');
    exports.Py_DecRef!(result);
    return this.done;
  }

  private answer(message: Message, answering: Answering): readonly Part[] {
    if (message.kind < DONE) return answering(message);
    this.done = message;
    return [];
  }

  private startUp(program: string, dispatcher: string): void {
    const { machine } = this;
    const { exports } = machine;
    exports.__wasm_apply_data_relocs?.();
    exports.__wasm_call_ctors!();
    runMain(machine);
    const failed = machine.withText(program, at => exports.PyRun_SimpleString!(at));
    if (failed !== 0) throw new Error('the program of the interpreter fails');
    const main = machine.withText('__main__', at => exports.PyImport_AddModule!(at));
    this.dispatch = machine.withText(dispatcher, at => exports.PyObject_GetAttrString!(main, at));
    if (this.dispatch === 0) throw new Error(`the interpreter has no ${dispatcher}`);
  }
}

/** `main` never returns: it leaves a living interpreter behind. */
function runMain(machine: Machine): void {
  const { exports, memory } = machine;
  const list = exports.malloc!(4 * (ARGUMENTS.length + 1));
  for (const [index, text] of ARGUMENTS.entries()) {
    const at = exports.malloc!(text.length + 1);
    memory.writeText(at, text);
    memory.setWord(list + 4 * index, at);
  }
  memory.setWord(list + 4 * ARGUMENTS.length, 0);
  try {
    machine.aside(() => exports.__main_argc_argv!(ARGUMENTS.length, list));
  } catch (error) {
    if (error instanceof StartedUp) return;
    throw error;
  }
  throw new Error('the interpreter did not start');
}
