import { dirname, join } from 'node:path';
import { type Diagnostic, Failure, fail } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { parseJson } from '../../base/json.ts';
import { LIMITS } from '../../base/limits.ts';
import { makeFolder, writeAtomically } from '../../base/write-file.ts';
import type { Manifest } from '../../capsule/manifest.ts';
import { missingManifest } from '../../capsule/missing.ts';
import { judgeName } from '../../capsule/names.ts';
import { parseManifest } from '../../capsule/parse.ts';
import { BUILD_FILE, inputHash, isInput, MANIFEST_FILE, type TreeFile } from '../../capsule/tree.ts';
import { walkCapsule } from '../../capsule/walk.ts';
import { type Language, languageOf } from './builders.ts';
import { constantsSource } from './constants.ts';
import { type BuildNote, noteOf, noteText } from './note.ts';
import { type Machine, USUAL_MACHINE } from './program.ts';

/** A capsule that can be built: parsed, complete, its inputs in memory. */
export interface BuildPlan {
  readonly folder: string;
  readonly shownAs: string;
  readonly manifest: Manifest;
  readonly language: Language;
  readonly files: readonly TreeFile[];
  readonly kept: ReadonlyMap<string, Uint8Array>;
  /** The generated constants, as they are to be. */
  readonly constants: string;
  readonly cacheDir: string | undefined;
  readonly machine: Machine;
  /** Path below the folder of what is built: the component, or the constants where the sources are what runs. */
  readonly artifact: string;
}

export interface BuildOutcome {
  readonly plan: BuildPlan;
  readonly component: Uint8Array;
  readonly digest: Digest;
  readonly note: BuildNote;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Builds one capsule in its folder: the generated constants, the component, and `impl/build.json`. Nothing is written before
 * everything has compiled.
 * @throws Failure VNES1xxx and VNES2xxx for what the folder holds, VNES54xx for what does not build.
 */
export async function buildCapsule(
  folder: string,
  shownAs: string,
  cacheDir?: string,
  machine?: Machine,
): Promise<BuildOutcome> {
  const outcome = await compilePlan(planBuild(folder, shownAs, cacheDir, machine));
  writeBuild(outcome);
  return outcome;
}

/** Writes what was built into the capsule's folder. @throws Failure VNES1012 */
export function writeBuild(outcome: BuildOutcome): void {
  const { folder } = outcome.plan;
  for (const [path, content] of builtFiles(outcome)) replaceFile(join(folder, path), content);
}

/** What a build writes, by path below the capsule's folder. */
export function builtFiles({ plan, component, note }: BuildOutcome): ReadonlyMap<string, Uint8Array> {
  return new Map<string, Uint8Array>([
    [plan.language.constants, Buffer.from(plan.constants)],
    [plan.artifact, component],
    [BUILD_FILE, Buffer.from(noteText(note))],
  ]);
}

/** Reads a capsule and checks that it is complete. */
export function planBuild(
  folder: string,
  shownAs: string,
  cacheDir?: string,
  machine: Machine = USUAL_MACHINE,
): BuildPlan {
  const walk = walkCapsule(folder, { shownAs, keepBytes: LIMITS.documentBytes });
  const [problem, ...more] = walk.problems;
  if (problem) throw new Failure(problem, ...more);
  const manifestFile = `${shownAs}/${MANIFEST_FILE}`;
  const bytes = walk.kept.get(MANIFEST_FILE);
  if (!bytes) throw new Failure(missingManifest(walk, shownAs));
  const manifest = parseManifest(bytes, manifestFile);
  const language = languageOf(manifest, manifestFile);
  const artifact =
    language.makes === 'constants' ? language.constants : artifactOf(manifest, language.makes, manifestFile);
  const { files, kept } = walk;
  const plan = { folder, shownAs, manifest, language, files, kept, artifact, cacheDir, machine };
  requireInputs(plan);
  return { ...plan, constants: constantsSource(manifest, files, language.notation) };
}

/** Compiles in memory. The constants count as if they were already written. */
export async function compilePlan(plan: BuildPlan): Promise<BuildOutcome> {
  const { folder, shownAs, manifest, language, constants, cacheDir, machine } = plan;
  const sources = new Map<string, Uint8Array>();
  for (const [path, bytes] of plan.kept) if (path.startsWith('impl/src/')) sources.set(path, bytes);
  sources.set(language.constants, Buffer.from(constants));
  const build = await language.load();
  const built = await build({ folder, shownAs, manifest, sources, cacheDir, machine });
  const component = built.steps.at(-1)!.output;
  const note = noteOf(inputHash(withConstants(plan)), built);
  return { plan, component, digest: sha256(component), note, warnings: built.warnings };
}

function withConstants({ files, language, constants }: BuildPlan): readonly TreeFile[] {
  const others = files.filter(file => file.path !== language.constants);
  const bytes = Buffer.from(constants);
  return [...others, { path: language.constants, mode: '100644', size: bytes.length, sha256: sha256(bytes) }];
}

/** Where the manifest names what a build makes, and what is a good name. */
const ARTIFACTS = {
  component: ['wasm', 'impl/capsule.wasm'],
  program: ['native', 'impl/capsule'],
} as const;

function artifactOf(manifest: Manifest, makes: keyof typeof ARTIFACTS, file: string): string {
  const [name, example] = ARTIFACTS[makes];
  const path = manifest.interfaces?.[name];
  if (path !== undefined && isArtifactPath(path)) return path;
  return fail('VNES5406', `the manifest does not say where the ${makes} goes`, {
    place: { file, pointer: `/interfaces/${name}` },
    expected: 'a path in impl/, outside impl/src/, of names that a capsule may hold',
    found: path === undefined ? 'none' : JSON.stringify(path),
    help: `set "interfaces": { "${name}": "${example}" }`,
  });
}

/** In impl/, under names that a capsule may hold, and not over what a build notes there itself. */
function isArtifactPath(path: string): boolean {
  const names = path.split('/');
  if (names[0] !== 'impl' || names.length < 2 || isInput(path) || path === BUILD_FILE) return false;
  return names.every(name => judgeName(Buffer.from(name)).expected === undefined);
}

/** Spec first: a capsule without a spec, a main file or a schema that its manifest names is not built. */
function requireInputs(plan: Omit<BuildPlan, 'constants'>): void {
  const { bus, rpc } = plan.manifest.interfaces ?? {};
  const uses = [...(bus?.subscribes ?? []), ...(bus?.publishes ?? [])].flatMap(use => use.schema);
  const methods = Object.values(rpc?.methods ?? {}).flatMap(({ request, response }) => [request, response]);
  const named = [...uses, ...methods].filter(path => path !== undefined);
  const present = new Set(plan.files.map(file => file.path));
  const missing = new Set([...plan.language.sources, ...named].filter(path => !present.has(path)));
  if (
    !plan.files.some(
      file => isInput(file.path) && !file.path.startsWith('impl/') && file.path !== MANIFEST_FILE,
    )
  ) {
    missing.add('spec/');
  }
  for (const path of missing) {
    fail('VNES5406', `the capsule lacks ${path}`, {
      place: { file: `${plan.shownAs}/${path}` },
      expected: 'a spec, the schemas that the manifest names, and the source files that builds start from',
      found: `no ${[...missing].join(', no ')}`,
    });
  }
  for (const { path, size } of plan.files) {
    if (plan.kept.has(path) || !isInput(path)) continue;
    fail('VNES5406', 'a file is too large to build from', {
      place: { file: `${plan.shownAs}/${path}` },
      expected: `at most ${LIMITS.documentBytes} bytes`,
      found: `${size} bytes`,
    });
  }
  for (const [path, bytes] of plan.kept) {
    if (path.startsWith('spec/') && path.endsWith('.json'))
      parseJson(bytes, { file: `${plan.shownAs}/${path}` });
  }
}

/** @throws Failure VNES1012 */
function replaceFile(path: string, content: Uint8Array | string): void {
  makeFolder(dirname(path));
  writeAtomically(path, content);
}
