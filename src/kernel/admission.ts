import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { capsuleName, type Manifest } from '../capsule/manifest.ts';
import { inspectComponent } from '../sandbox/wasm/admit.ts';
import { gradeOf, resultOf, stands } from '../trust/grade.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Check, Verdict, VerifiedCapsule } from '../trust/verdict.ts';
import { verifyCapsule } from '../trust/verify.ts';

/** The proof about one folder, and the capsule if it may run. */
export interface Admission {
  readonly verdict: Verdict;
  readonly capsule?: VerifiedCapsule;
}

interface AdmissionCheck {
  readonly id: string;
  readonly proves: string;
  /** Diagnostics of what speaks against the capsule; none when it passes. */
  readonly run: (capsule: VerifiedCapsule) => Promise<readonly Diagnostic[]>;
}

/** What must hold beyond a good receipt before a capsule may run here, in reading order. */
const CHECKS: readonly AdmissionCheck[] = [
  {
    id: 'admission.runnable',
    proves: 'The manifest names a component that the receipt covers.',
    run: async capsule => runnable(capsule),
  },
  {
    id: 'admission.imports',
    proves: 'The component asks the host for nothing but the capsule contract.',
    run: async capsule => {
      const path = capsule.manifest.interfaces!.wasm!;
      return failureOf(() => inspectComponent(capsule.read(path), { file: `${capsule.folder}/${path}` }));
    },
  },
  {
    id: 'admission.schemas',
    proves: 'Every topic schema that the manifest names is covered by the receipt.',
    run: async capsule => missingSchemas(capsule),
  },
];

/**
 * Verifies a folder and then applies the admission checks (spec, section 2.1). `shownAs` names it in diagnostics. A bad
 * capsule ends in a verdict, never in an exception.
 */
export async function admit(folder: string, shownAs: string, trust: TrustStore): Promise<Admission> {
  const { verdict, capsule } = verifyCapsule(folder, shownAs, trust, { keepBytes: LIMITS.loadedFileBytes });
  if (!capsule) return { verdict };
  const checks: Check[] = [];
  for (const { id, proves, run } of CHECKS) {
    if (!checks.every(stands)) {
      checks.push({ id, proves, result: 'blocked' });
      continue;
    }
    const diagnostics = await run(capsule);
    checks.push({ id, proves, result: resultOf(diagnostics), diagnostics });
  }
  const all = [...verdict.checks, ...checks];
  const grade = gradeOf(all);
  const admitted = grade !== 'quarantined';
  const judged: Verdict = { ...verdict, grade, admitted, checks: all };
  return admitted ? { verdict: judged, capsule: { ...capsule, verdict: judged } } : { verdict: judged };
}

function runnable(capsule: VerifiedCapsule): readonly Diagnostic[] {
  const { manifest } = capsule;
  const path = manifest.interfaces?.wasm;
  if (path === undefined) {
    return [
      diagnose('VNES3103', `${capsuleName(manifest)} has nothing that can be run here`, {
        place: { file: `${capsule.folder}/manifest.json`, pointer: '/interfaces' },
        expected: 'interfaces.wasm, the path of a WebAssembly component',
        found: otherInterfaces(manifest),
      }),
    ];
  }
  return covers(capsule, path) ? [] : [uncovered(capsule, path, '/interfaces/wasm')];
}

function otherInterfaces(manifest: Manifest): string {
  const names = Object.keys(manifest.interfaces ?? {});
  return names.length === 0 ? 'no interfaces' : `only ${names.join(', ')}`;
}

function missingSchemas(capsule: VerifiedCapsule): readonly Diagnostic[] {
  const { subscribes = [], publishes = [] } = capsule.manifest.interfaces?.bus ?? {};
  return [...subscribes, ...publishes]
    .flatMap(({ schema }) => schema ?? [])
    .filter(path => !covers(capsule, path))
    .map(path => uncovered(capsule, path, '/interfaces/bus'));
}

function covers(capsule: VerifiedCapsule, path: string): boolean {
  return capsule.files.some(file => file.path === path);
}

function uncovered(capsule: VerifiedCapsule, path: string, pointer: string): Diagnostic {
  return diagnose('VNES3103', `the manifest names ${path}, which is not one of the capsule's files`, {
    place: { file: `${capsule.folder}/manifest.json`, pointer },
    expected: 'the path of a file below the capsule folder',
    found: path,
    help: `build the capsule: vnes build ${capsule.folder}`,
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
