import type { Confinement } from '../confine/types.ts';
import type { Code, Granted, NativeCode, PythonCode } from '../contract.ts';

/** Code that runs in a process of its own, beside the sandbox: a native program, or sources on the system's Python. */
export type BesideCode = NativeCode | PythonCode;

export function runsBeside(code: Code): code is BesideCode {
  return code.language === 'native' || (code.language === 'python' && code.interpreter === 'system');
}

/** Where a granted file lies inside, by its path on the machine: `/granted/usr/share/dict/words`. */
const GRANTED_FOLDER = '/granted';

/** What is confined, but for its limits. */
export type Program = Omit<Confinement, 'limits'> & Pick<Granted, 'scratchBytes'>;

/** The system calls of those that may write files too. */
const SCRATCHING = { native: 'native_scratch', python: 'python_scratch' } as const;

/** What is confined of a capsule; nothing of one that runs inside of the sandbox. @throws Failure VNES5033, VNES5035 */
export async function programOf(code: Code): Promise<Program | undefined> {
  if (!runsBeside(code)) return undefined;
  const program = await unscratched(code);
  const { scratchBytes } = code;
  if (scratchBytes === undefined) return program;
  return { ...program, scratchBytes, policy: SCRATCHING[code.language] };
}

async function unscratched(code: BesideCode): Promise<Program> {
  const granted = [...(code.granted ?? [])].map(
    ([path, bytes]) => [GRANTED_FOLDER + path, { bytes }] as const,
  );
  if (code.language === 'native')
    return { policy: 'native', program: { bytes: code.bytes }, args: [], files: new Map(granted) };
  const { systemPython } = await import('../python/system.ts');
  const program = systemPython(code);
  return { ...program, files: new Map([...program.files, ...granted]) };
}
