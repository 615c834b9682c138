import { Failure, fail, type Place } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { meterCore } from '../meter/apply.ts';
import { METER } from '../meter/meter.ts';
import { readCached, writeCached } from './cache.ts';
import type { Program } from './program.ts';

/** Part of the cache key, so that another translator never reads this one's results. A test compares it with the package. */
export const TRANSLATOR = 'jco-transpile 0.15.0';

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
 * Translates a component for the JavaScript engine with jco and meters its modules, or takes the result from `cacheDir`. The bytes must have passed
 * `inspectComponent`. Sole owner of jco, which is loaded only when the cache has no answer. @throws Failure VNES5004, VNES5020
 */
export async function transpile(bytes: Uint8Array, place: Place, cacheDir?: string): Promise<Program> {
  const key = cacheKey(bytes);
  const cached = cacheDir ? readCached(cacheDir, key) : undefined;
  if (cached) return cached;
  const jco = await loadJco();
  // Another start may have translated the same component while jco was loading.
  const program = (cacheDir && readCached(cacheDir, key)) || generate(jco, bytes, place);
  if (cacheDir) writeCached(cacheDir, key, program);
  return program;
}

/** Digest of everything that the translation depends on. */
export function cacheKey(bytes: Uint8Array): Digest {
  return sha256(JSON.stringify([TRANSLATOR, METER, OPTIONS, sha256(bytes)]));
}

type Jco = typeof import('@bytecodealliance/jco-transpile/component');

async function loadJco(): Promise<Jco> {
  const jco = await import('@bytecodealliance/jco-transpile/component');
  await jco.$init;
  return jco;
}

function generate(jco: Jco, bytes: Uint8Array, place: Place): Program {
  try {
    return toProgram(jco.generate(bytes, { ...OPTIONS, map: [] }).files, place);
  } catch (error) {
    if (error instanceof Failure) throw error;
    return fail('VNES5004', 'the component cannot be translated', {
      place,
      found: reasonOf(error),
      help: 'build it anew with the toolchain that its template pins',
    });
  }
}

function toProgram(files: readonly (readonly [string, Uint8Array])[], place: Place): Program {
  const source = files.find(([name]) => name === `${OPTIONS.name}.js`);
  if (!source) throw new Error('no module was generated');
  const cores = files
    .filter(([name]) => name.endsWith('.wasm'))
    .map(([name, core]) => [name, meterCore(name, core, place)] as const);
  return { source: Buffer.from(source[1]).toString('utf8'), cores: Object.fromEntries(cores) };
}

/** jco reports either a string payload or an Error, with its causes below. */
function reasonOf(error: unknown): string {
  const payload = error instanceof Error && 'payload' in error ? error.payload : error;
  const text =
    typeof payload === 'string' ? payload : error instanceof Error ? error.message : 'an unknown reason';
  return text.replace(/\s+/g, ' ').slice(0, 300);
}
