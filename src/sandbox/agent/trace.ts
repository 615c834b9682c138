import { TRACE_MARK } from '../unpinned.ts';
import type { Exports, Imports } from './functions.ts';

/** What each function of the host that has an effect asks for, as `place` names it. */
const EFFECTS: Readonly<Record<string, string>> = {
  'vnes:capsule/bus publish': 'published',
  'vnes:capsule/state put': 'write',
  'vnes:capsule/state delete': 'write',
  'vnes:capsule/log write': 'log',
};
const LOG = 'vnes:capsule/log';

type Instantiate = (imports: Imports, place: string) => Exports;
type HostFunction = (...args: unknown[]) => unknown;

/** The same program, which says in a line of the log before each effect where in the module it was asked for. */
export function traced(instantiate: Instantiate): Instantiate {
  return (imports, at) => instantiate(telling(imports), at);
}

function telling(imports: Imports): Imports {
  const write = imports[LOG]!.write as HostFunction;
  const interfaces = Object.entries(imports).map(([name, functions]) => {
    const told = Object.entries(functions).map(([method, code]) => {
      const effect = EFFECTS[`${name} ${method}`];
      return [method, effect === undefined ? code : before(code as HostFunction, effect, write)] as const;
    });
    return [name, Object.fromEntries(told)] as const;
  });
  return Object.fromEntries(interfaces);
}

function before(code: HostFunction, effect: string, write: HostFunction): HostFunction {
  return (...args) => {
    write('debug', `${TRACE_MARK}${JSON.stringify([effect, keyOf(effect, args), place(new Error().stack)])}`);
    return code(...args);
  };
}

function keyOf(effect: string, [key]: readonly unknown[]): unknown {
  return effect === 'write' ? key : null;
}

const FRAME = /wasm:\/\/wasm\/([0-9a-f]+):wasm-function\[(\d+)\]/g;

/** Numbers of the functions that were open in the module that was entered first, the innermost first. */
function place(stack = ''): readonly number[] {
  const frames = [...stack.matchAll(FRAME)];
  const entered = frames.at(-1)?.[1];
  return frames.filter(([, module]) => module === entered).map(([, , number]) => Number(number));
}
