import { Malformed, Reader, type Section, sectionsOf } from '../../capsule/wasm/reader.ts';
import type { LoadedCapsule } from '../../kernel/binding.ts';

const CUSTOM = 0;
/** Of a component: a core module inside it. */
const MODULE = 1;
const EXPORTS = 7;
const FUNCTION = 0;
const FUNCTION_NAMES = 1;
const SHOWN = 4;

/** Functions of a capsule's module in words, by their names where the module has kept any, the innermost first. */
export function functionNames(capsule: LoadedCapsule, numbers: readonly number[]): string {
  const names = namesIn(capsule.read(capsule.manifest.interfaces!.wasm!));
  const shown = (number: number) => (names.has(number) ? names.get(number)! : `function ${number}`);
  return numbers.slice(0, SHOWN).map(shown).join(' < ');
}

/** Names that the largest module of a component gives to its functions, or exports them by. */
function namesIn(component: Uint8Array): ReadonlyMap<number, string> {
  try {
    const modules = sectionsOf(component).filter(({ id }) => id === MODULE);
    const largest = modules.toSorted((a, b) => b.end - b.body - (a.end - a.body))[0];
    return largest ? namesOfModule(component.subarray(largest.body, largest.end)) : new Map();
  } catch (error) {
    if (error instanceof Malformed) return new Map();
    throw error;
  }
}

function namesOfModule(module: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const section of sectionsOf(module)) {
    if (section.id === EXPORTS) readExports(module, section, names);
    if (section.id === CUSTOM) readNames(module, section, names);
  }
  return names;
}

function readExports(module: Uint8Array, { body, end }: Section, names: Map<number, string>): void {
  const reader = new Reader(module, body, end);
  for (let left = reader.u32(); left > 0; left -= 1) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (kind === FUNCTION) names.set(index, name);
  }
}

/** Core specification, appendix "Name Section". */
function readNames(module: Uint8Array, { body, end }: Section, names: Map<number, string>): void {
  const reader = new Reader(module, body, end);
  if (reader.name() !== 'name') return;
  while (reader.at < end) {
    const kind = reader.byte();
    const next = reader.u32() + reader.at;
    if (kind === FUNCTION_NAMES) {
      for (let left = reader.u32(); left > 0; left -= 1) names.set(reader.u32(), reader.name());
    }
    reader.at = next;
  }
}
