import { fail, type Place } from '../../base/diagnostic.ts';
import type { PythonEntry } from '../contract.ts';

const ENTRY = /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)$/;
const ROOT = 'impl.';

/** The entry point of a manifest, `impl.src.main:run`, in parts. @throws Failure VNES5032 */
export function parseEntry(text: string, place: Place): PythonEntry {
  const [, module, callable] = ENTRY.exec(text) ?? [];
  if (module?.startsWith(ROOT) && callable) return { module, callable };
  return fail('VNES5032', 'the manifest does not say where the Python code begins', {
    place: { ...place, pointer: '/interfaces/python' },
    expected: 'a module in impl/ and a function in it, like impl.src.main:run',
    found: JSON.stringify(text),
  });
}

/** Whether the interpreter gets to see one of a capsule's files: what lies in impl/ and is no bytecode, which nobody can read. */
export function isLoaded(path: string): boolean {
  return path.startsWith('impl/') && !path.endsWith('.pyc') && !path.endsWith('.wasm');
}
