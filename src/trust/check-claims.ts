import { type Diagnostic, diagnose, warn } from '../base/diagnostic.ts';
import { codeLimit, type HostImport, isWasm } from '../capsule/imports/host-imports.ts';
import type { Manifest } from '../capsule/manifest.ts';
import { parseTier } from '../capsule/tier.ts';
import { MANIFEST_FILE } from '../capsule/tree.ts';
import type { Examination, Finding } from './examination.ts';

/**
 * Whether the code fits a promise of `D0_bit_exact`. A component with such an import cannot keep it, which is an error; a Python
 * source that imports `random` may still seed it, so that is a warning.
 */
export function checkDeterminism({ folder, manifest, walk }: Examination): Finding {
  const tier = parseTier(manifest!.capabilities.determinism_tier);
  if (tier !== 'D0_bit_exact') return { evidence: `${tier} promises nothing that imports could break` };
  const component = manifest!.interfaces?.wasm;
  const concerned = walk.imports.filter(({ path }) => !isWasm(path) || path === component);
  const read = walk.files.filter(({ path }) => codeLimit(path) > 0 && (!isWasm(path) || path === component));
  const evidence = `${read.length} files of code, ${concerned.length} imports of the host`;
  const diagnostics = [
    ...unnamed(manifest!, folder),
    ...concerned.map(found =>
      found.gives === undefined ? unread(found, folder) : contradiction(found, folder),
    ),
  ];
  return { evidence, diagnostics };
}

function contradiction({ path, name, gives, line }: HostImport, folder: string): Diagnostic {
  const say = isWasm(path) ? diagnose : warn;
  return say('VNES3020', `a capsule that promises D0 imports ${name}`, {
    place: { file: `${folder}/${path}`, line },
    expected: 'nothing that differs from run to run',
    found: `${name}, which brings in ${gives}`,
    help: 'take time and randomness from vnes:capsule, or promise less in capabilities.determinism_tier',
  });
}

function unread({ path, name }: HostImport, folder: string): Diagnostic {
  return warn('VNES3021', 'what this code imports cannot be read, so its promise of D0 is unchecked', {
    place: { file: `${folder}/${path}` },
    expected: 'code whose imports can be read',
    found: name,
  });
}

/** A component under another name was not looked at. */
function unnamed({ interfaces }: Manifest, folder: string): Diagnostic[] {
  const component = interfaces?.wasm;
  if (component === undefined || isWasm(component)) return [];
  return [
    warn('VNES3021', 'the imports of the component are not read, so its promise of D0 is unchecked', {
      place: { file: `${folder}/${MANIFEST_FILE}`, pointer: '/interfaces/wasm' },
      expected: 'a name that ends in .wasm',
      found: component,
    }),
  ];
}
