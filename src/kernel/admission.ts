import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { commandLine } from '../base/shell.ts';
import type { Walk } from '../capsule/inventory.ts';
import { capsuleName, type Manifest, methodSchemas, type Resources, zoneOf } from '../capsule/manifest.ts';
import { parseTier } from '../capsule/tier.ts';
import type { Zone } from '../capsule/zone.ts';
import type { Code } from '../sandbox/contract.ts';
import { parseEntry } from '../sandbox/python/entry.ts';
import { inspectComponent } from '../sandbox/wasm/admit.ts';
import { allowsScratch, refusedResources } from '../scheduler/placement.ts';
import { gradeOf, resultOf, stands } from '../trust/grade.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Check, Verdict, VerifiedCapsule } from '../trust/verdict.ts';
import { verifyCapsule } from '../trust/verify.ts';
import { type CapsuleFiles, codeOf, isBeside, languageOf, usesSystem } from './code.ts';
import { askedFiles, isPlainPath } from './grant-names.ts';
import { prepareInvariants } from './invariants/prepare.ts';

/** The proof about one folder, what it is about, and the capsule if it may run. */
export interface Admission {
  readonly verdict: Verdict;
  readonly walk: Walk;
  readonly capsule?: VerifiedCapsule;
}

interface AdmissionCheck {
  readonly id: string;
  readonly proves: string;
  /** What code it is about; without one, about all. */
  readonly language?: Code['language'];
  /** Diagnostics of what speaks against the capsule; none when it passes. */
  readonly run: (capsule: VerifiedCapsule, cacheDir: string | undefined) => Promise<readonly Diagnostic[]>;
}

/** What must hold beyond a good receipt before a capsule may run here, in reading order. */
const CHECKS: readonly AdmissionCheck[] = [
  {
    id: 'admission.runnable',
    proves: 'The manifest names code that the receipt covers.',
    run: async capsule => runnable(capsule),
  },
  {
    id: 'admission.resources',
    proves: 'It asks for nothing of the machine that its zone does not allow.',
    run: async capsule => grantsTooMuch(capsule),
  },
  {
    id: 'admission.imports',
    language: 'wasm',
    proves: 'The component asks the host for nothing but the capsule contract.',
    run: async capsule => {
      const path = capsule.manifest.interfaces!.wasm!;
      return failureOf(() => inspectComponent(capsule.read(path), { file: `${capsule.folder}/${path}` }));
    },
  },
  {
    id: 'admission.program',
    language: 'native',
    proves: 'The native program is complete, is for this machine, and promises what its sandbox can keep.',
    run: async capsule => {
      const path = capsule.manifest.interfaces!.native!;
      const { inspectProgram } = await import('../sandbox/native/admit.ts');
      const place = { file: `${capsule.folder}/${path}` };
      return [
        ...tooMuch(capsule),
        ...(await failureOf(async () => inspectProgram(capsule.read(path), place))),
      ];
    },
  },
  {
    id: 'admission.sources',
    language: 'python',
    proves: 'The Python sources compile, and hold the function that the manifest names.',
    run: async (capsule, cacheDir) => {
      const { manifest, verdict, files } = capsule;
      const paths = files.map(({ path }) => path);
      const read = (path: string) => capsule.read(path);
      const found = await failureOf(() => inspectPython({ manifest, paths, read }, verdict.folder, cacheDir));
      return usesSystem(manifest) ? [...tooMuch(capsule), ...found] : found;
    },
  },
  {
    id: 'admission.schemas',
    proves: 'Every schema of a topic or method that the manifest names is covered by the receipt.',
    run: async capsule => missingSchemas(capsule),
  },
  {
    id: 'admission.invariants',
    proves: 'Every invariant that the manifest declares can be asked.',
    run: async capsule => failureOf(() => prepareInvariants([capsule])),
  },
];

/** Python sources, looked at by an interpreter in a sandbox of its own. @throws Failure VNES5034 */
async function inspectPython(
  files: CapsuleFiles,
  folder: string,
  cacheDir: string | undefined,
): Promise<void> {
  const code = codeOf(files);
  if (code.language !== 'python') return;
  const { inspectSources } = await import('../sandbox/python/inspect.ts');
  const [first, ...more] = await inspectSources(code, folder, cacheDir);
  if (first) throw new Failure(first, ...more);
}

/**
 * Verifies a folder and then applies the admission checks (spec, section 2.1). `shownAs` names it in diagnostics. A bad
 * capsule ends in a verdict, never in an exception. `cacheDir` holds what vnes makes of code that it has seen before.
 */
export async function admit(
  folder: string,
  shownAs: string,
  trust: TrustStore,
  cacheDir?: string,
): Promise<Admission> {
  const { verdict, walk, capsule } = verifyCapsule(folder, shownAs, trust, {
    keepBytes: LIMITS.loadedFileBytes,
  });
  if (!capsule) return { verdict, walk };
  const checks: Check[] = [];
  const language = languageOf(capsule.manifest);
  for (const { id, proves, run } of CHECKS.filter(check => (check.language ?? language) === language)) {
    if (!checks.every(stands)) {
      checks.push({ id, proves, result: 'blocked' });
      continue;
    }
    const diagnostics = await run(capsule, cacheDir);
    checks.push({ id, proves, result: resultOf(diagnostics), diagnostics });
  }
  const all = [...verdict.checks, ...checks];
  const grade = gradeOf(all);
  const admitted = grade !== 'quarantined';
  const judged: Verdict = { ...verdict, grade, admitted, checks: all };
  return { verdict: judged, walk, ...(admitted ? { capsule: { ...capsule, verdict: judged } } : {}) };
}

/** The first reason why no code of the capsule can be run here. */
function runnable(capsule: VerifiedCapsule): readonly Diagnostic[] {
  const { wasm, native, python } = capsule.manifest.interfaces ?? {};
  const path = wasm ?? native;
  const pointer = wasm === undefined ? '/interfaces/native' : '/interfaces/wasm';
  if (path !== undefined) return covers(capsule, path) ? [] : [uncovered(capsule, path, pointer)];
  return python === undefined ? [nothing(capsule)] : pythonModule(capsule, python);
}

function grantsTooMuch({ manifest, folder }: VerifiedCapsule): readonly Diagnostic[] {
  const resources = manifest.security?.resources ?? {};
  const zone = zoneOf(manifest);
  const refused = refusedResources(resources, zone);
  const help = 'take it out of the manifest and hand the data to the capsule as events, then sign again';
  const refuse = (kind: keyof Resources, expected: string, found: readonly (string | number)[]) =>
    diagnose('VNES5012', `${capsuleName(manifest)} asks for ${kind}, which it is not given`, {
      place: { file: `${folder}/manifest.json`, pointer: `/security/resources/${kind}` },
      expected,
      found: found.join(', '),
      help,
    });
  const asked = askedFiles(manifest);
  const odd = refused.includes('files') ? undefined : oddFiles(manifest, asked);
  return [
    ...(odd === undefined ? [] : [refuse('files', odd, asked)]),
    ...refused.map(kind => refuse(kind, `no ${kind} in the zone ${zone}`, resources[kind]!)),
    ...oddScratch(manifest, zone).map(expected => refuse('scratch_mb', expected, [resources.scratch_mb!])),
  ];
}

/** What speaks against a folder to write to, as what was expected instead. */
function oddScratch(manifest: Manifest, zone: Zone): readonly string[] {
  if (manifest.security?.resources?.scratch_mb === undefined) return [];
  if (!isBeside(manifest)) return ['no scratch space but for native code and for the system’s Python'];
  return allowsScratch(zone) ? [] : [`no scratch space in the zone ${zone}`];
}

/** What speaks against files that the zone allows, as what was expected instead. */
function oddFiles(manifest: Manifest, asked: readonly string[]): string | undefined {
  if (asked.length === 0) return undefined;
  if (!isBeside(manifest)) return 'no files but for native code and for the system’s Python';
  if (asked.length > LIMITS.grantedFiles) return `at most ${LIMITS.grantedFiles} files`;
  return asked.every(isPlainPath) ? undefined : 'absolute paths, without . and .. and control characters';
}

function nothing({ manifest, folder }: VerifiedCapsule): Diagnostic {
  return diagnose('VNES3103', `${capsuleName(manifest)} has nothing that can be run here`, {
    place: { file: `${folder}/manifest.json`, pointer: '/interfaces' },
    expected:
      'interfaces.wasm, the path of a WebAssembly component, interfaces.native, that of a program, or interfaces.python, a module and its function',
    found: otherInterfaces(manifest),
  });
}

/**
 * Nothing keeps code in a process of its own from what differs between machines: its processor and its libraries tell it. A virtual machine
 * is the same each time, processor included.
 */
function tooMuch({ manifest, folder }: VerifiedCapsule): readonly Diagnostic[] {
  const tier = parseTier(manifest.capabilities.determinism_tier);
  if (tier !== 'D0_bit_exact' || zoneOf(manifest) === 'ephemeral') return [];
  return [
    diagnose('VNES5040', 'a capsule in a process of its own promises more than that can keep', {
      place: { file: `${folder}/manifest.json`, pointer: '/capabilities/determinism_tier' },
      expected:
        'D1_numerically_stable or less for native code and for the system’s Python, but in the zone ephemeral',
      found: `${tier} in the zone ${zoneOf(manifest)}`,
      help: 'promise D1_numerically_stable or ask for the trust zone ephemeral, and sign again, or use WebAssembly or the Python that vnes brings',
    }),
  ];
}

function pythonModule(capsule: VerifiedCapsule, entry: string): readonly Diagnostic[] {
  try {
    const { module } = parseEntry(entry, { file: `${capsule.folder}/manifest.json` });
    const path = module.replaceAll('.', '/');
    const found = [`${path}.py`, `${path}/__init__.py`].some(file => covers(capsule, file));
    return found ? [] : [uncovered(capsule, `${path}.py`, '/interfaces/python')];
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics;
    throw error;
  }
}

function otherInterfaces(manifest: Manifest): string {
  const names = Object.keys(manifest.interfaces ?? {});
  return names.length === 0 ? 'no interfaces' : `only ${names.join(', ')}`;
}

function missingSchemas(capsule: VerifiedCapsule): readonly Diagnostic[] {
  const { subscribes = [], publishes = [] } = capsule.manifest.interfaces?.bus ?? {};
  const topics = [...subscribes, ...publishes].flatMap(({ schema }) => schema ?? []);
  const named = [
    ...topics.map(path => ({ path, pointer: '/interfaces/bus' })),
    ...methodSchemas(capsule.manifest).map(path => ({ path, pointer: '/interfaces/rpc' })),
  ];
  return named
    .filter(({ path }) => !covers(capsule, path))
    .map(({ path, pointer }) => uncovered(capsule, path, pointer));
}

function covers(capsule: VerifiedCapsule, path: string): boolean {
  return capsule.files.some(file => file.path === path);
}

function uncovered(capsule: VerifiedCapsule, path: string, pointer: string): Diagnostic {
  return diagnose('VNES3103', `the manifest names ${path}, which is not one of the capsule's files`, {
    place: { file: `${capsule.folder}/manifest.json`, pointer },
    expected: 'the path of a file below the capsule folder',
    found: path,
    help: `build the capsule: ${commandLine(['vnes', 'build'], [capsule.folder])}`,
  });
}

async function failureOf(run: () => Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await run();
    return [];
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics;
    throw error;
  }
}
