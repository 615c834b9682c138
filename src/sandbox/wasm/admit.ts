import { fail, type Place } from '../../base/diagnostic.ts';
import { interfaceOf, type Named } from '../../capsule/wasm/interface.ts';
import { COMPONENT, CORE_MODULE, hasPreamble, Malformed } from '../../capsule/wasm/reader.ts';
import { WORLD_EXPORTS, WORLD_IMPORTS } from './world.ts';

export interface ComponentInterface {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/**
 * Reads what a component imports and exports and refuses what is outside the capsule world. Compiles and runs nothing.
 * @throws Failure VNES5001 to VNES5003
 */
export async function inspectComponent(bytes: Uint8Array, place: Place): Promise<ComponentInterface> {
  requireComponent(bytes, place);
  const found = read(bytes, place);
  const imports = found.imports.filter(item => !item.alias);
  for (const item of imports) requireKnown(item, place);
  for (const name of WORLD_EXPORTS) requireExport(name, found.exports, place);
  return { imports: imports.map(item => item.name), exports: found.exports.map(item => item.name) };
}

function requireComponent(bytes: Uint8Array, place: Place): void {
  if (hasPreamble(bytes, COMPONENT)) return;
  fail('VNES5001', 'the file is not a WebAssembly component', {
    place,
    expected: 'a component (it begins with 00 61 73 6d 0d 00 01 00)',
    found: describe(bytes),
    help: 'build it with `vnes build`, which wraps a core module into a component of the world vnes:capsule',
  });
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  if (hasPreamble(bytes, CORE_MODULE)) return 'a core module';
  return `${bytes.length} bytes of something else`;
}

function read(bytes: Uint8Array, place: Place): { readonly imports: Named[]; readonly exports: Named[] } {
  try {
    return interfaceOf(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return fail('VNES5001', 'the component is malformed', {
      place,
      found: error.message,
      help: 'build it anew',
    });
  }
}

function requireKnown(item: Named, place: Place): void {
  if (item.kind === 'instance' && WORLD_IMPORTS.includes(item.name)) return;
  fail('VNES5002', `the component imports ${item.name}`, {
    place,
    expected: `nothing but ${WORLD_IMPORTS.join(', ')}`,
    found: `${item.kind} ${item.name}`,
    help: item.name.startsWith('wasi:')
      ? 'a capsule has no WASI: take time, randomness and logs from vnes:capsule, and build JavaScript with all features disabled'
      : 'remove the import, or build against the world vnes:capsule of this version',
  });
}

function requireExport(name: string, exports: readonly Named[], place: Place): void {
  if (exports.some(item => item.name === name && item.kind === 'function')) return;
  fail('VNES5003', `the component does not export the function ${name}`, {
    place,
    expected: WORLD_EXPORTS.join(', '),
    found: exports.map(item => item.name).join(', ') || 'no exports',
  });
}
