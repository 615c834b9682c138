import { fail, type Place } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { meterCore } from '../meter/apply.ts';
import type { NanSign } from '../meter/emit.ts';
import { METER } from '../meter/meter.ts';
import { readCached, writeCached } from './cache.ts';
import { linkingOf } from './link/link.ts';
import type { GluedProgram, Program } from './program.ts';

/** Part of the cache key, so that another translator never reads this one's results. A test compares it with the package. */
export const TRANSLATOR = 'jco-transpile 0.15.0';
/** The same for our own linking of components. */
const LINKER = 'linking 1';

/** `instantiation: sync` and an empty map leave all wiring to us; jco's default would wire in the host's WASI. */
const OPTIONS = {
  name: 'component',
  instantiation: { tag: 'sync' },
  map: [],
  base64Cutoff: 0,
  noTypescript: true,
  noNodejsCompat: true,
  noNamespacedExports: true,
  tlaCompat: false,
} as const;

/**
 * Translates a component for the JavaScript engine and meters its modules, or takes the result from `cacheDir`. jco validates it in
 * any case; its glue is kept where the component's linking is not one that we know. The bytes must have passed `inspectComponent`. Sole owner of jco, which is loaded only when the cache has no answer. @throws Failure VNES5004, VNES5020
 */
export async function transpile(
  bytes: Uint8Array,
  place: Place,
  cacheDir?: string,
  nans: NanSign = 'positive',
): Promise<Program> {
  const key = cacheKey(bytes, nans);
  const cached = cacheDir ? readCached(cacheDir, key) : undefined;
  if (cached) return cached;
  const jco = await loadJco();
  // Another start may have translated the same component while jco was loading.
  const program =
    (cacheDir && readCached(cacheDir, key)) || programOf(generate(jco, bytes, place), bytes, place, nans);
  if (cacheDir) writeCached(cacheDir, key, program);
  return program;
}

/** Digest of everything that the translation depends on. */
export function cacheKey(bytes: Uint8Array, nans: NanSign = 'positive'): Digest {
  const otherwise = nans === 'positive' ? [] : [nans];
  return sha256(JSON.stringify([TRANSLATOR, LINKER, METER, OPTIONS, sha256(bytes), ...otherwise]));
}

/** A component with jco's glue and metered modules, whether or not its linking is known. @throws Failure VNES5004, VNES5020 */
export async function glue(bytes: Uint8Array, place: Place): Promise<GluedProgram> {
  return metered(generate(await loadJco(), bytes, place), place, 'positive');
}

type Jco = typeof import('@bytecodealliance/jco-transpile/component');

async function loadJco(): Promise<Jco> {
  const jco = await import('@bytecodealliance/jco-transpile/component');
  await jco.$init;
  return jco;
}

function generate(jco: Jco, bytes: Uint8Array, place: Place): GluedProgram {
  try {
    return toProgram(jco.generate(bytes, { ...OPTIONS, map: [] }).files);
  } catch (error) {
    return fail('VNES5004', 'the component cannot be translated', {
      place,
      found: reasonOf(error),
      help: 'build it anew with the toolchain that its template pins',
    });
  }
}

function toProgram(files: readonly (readonly [string, Uint8Array])[]): GluedProgram {
  const source = files.find(([name]) => name === `${OPTIONS.name}.js`);
  if (!source) throw new Error('no module was generated');
  const cores = files.filter(([name]) => name.endsWith('.wasm'));
  return { source: Buffer.from(source[1]).toString('utf8'), cores: Object.fromEntries(cores) };
}

/** Our own linking takes the place of the glue where both see the same modules. */
function programOf(glued: GluedProgram, bytes: Uint8Array, place: Place, nans: NanSign): Program {
  const linked = linkingOf(bytes);
  const { source, cores } = metered(glued, place, nans);
  const seen = Object.values(glued.cores);
  const same =
    linked?.modules.length === seen.length &&
    linked.modules.every((module, index) => Buffer.compare(module, seen[index]!) === 0);
  return same ? { linking: linked.linking, cores } : { source, cores };
}

function metered({ source, cores }: GluedProgram, place: Place, nans: NanSign): GluedProgram {
  const rewritten = Object.entries(cores).map(
    ([name, core]) => [name, meterCore(name, core, place, nans)] as const,
  );
  return { source, cores: Object.fromEntries(rewritten) };
}

/** jco reports either a string payload or an Error, with its causes below. */
function reasonOf(error: unknown): string {
  const payload = error instanceof Error && 'payload' in error ? error.payload : error;
  const text =
    typeof payload === 'string' ? payload : error instanceof Error ? error.message : 'an unknown reason';
  return text.replace(/\s+/g, ' ').slice(0, 300);
}
