import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, diagnose, warn } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { commandLine } from '../../base/shell.ts';
import { BUILD_FILE } from '../../capsule/tree.ts';
import { type BuildOutcome, compilePlan, planBuild } from './build.ts';
import { noteText } from './note.ts';
import type { Machine } from './program.ts';

export interface Comparison {
  /** Of the new build; of the component in the folder where two builds always differ. */
  readonly outcome: BuildOutcome;
  /** Errors for what differs; a warning where bytes cannot be compared. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Builds a capsule again, in memory, and compares what lies in its folder. Writes nothing. @throws as `buildCapsule` does */
export async function checkBuild(
  folder: string,
  shownAs: string,
  cacheDir?: string,
  machine?: Machine,
): Promise<Comparison> {
  const plan = planBuild(folder, shownAs, cacheDir, machine);
  const outcome = await compilePlan(plan);
  const expected = [
    [plan.language.constants, Buffer.from(plan.constants)],
    [BUILD_FILE, Buffer.from(noteText(outcome.note))],
    [plan.artifact, outcome.component],
  ] as const;
  if (outcome.note.reproducible) {
    const files = [...new Map<string, Uint8Array>(expected)];
    const diagnostics = files.flatMap(([path, bytes]) => compareFile(outcome, path, bytes));
    return { outcome, diagnostics };
  }
  const diagnostics = [...compareFile(outcome, ...expected[0]), ...compareNote(outcome)];
  const component = read(folder, plan.artifact) ?? outcome.component;
  return { outcome: { ...outcome, component, digest: sha256(component) }, diagnostics };
}

function compareFile({ plan }: BuildOutcome, path: string, bytes: Uint8Array): Diagnostic[] {
  const found = read(plan.folder, path);
  if (found?.equals(bytes)) return [];
  return [differs(plan.shownAs, path, sha256(bytes), found && sha256(found))];
}

/** Two builds of such a capsule always differ; what can be held to is that the note fits the inputs and the artifact. */
function compareNote({ plan, note }: BuildOutcome): Diagnostic[] {
  const artifact = read(plan.folder, plan.artifact);
  const written = read(plan.folder, BUILD_FILE)?.toString('utf8');
  const last = note.transformations.at(-1)!;
  const step = { ...last, output_hash: artifact ? sha256(artifact) : last.output_hash };
  const expected = noteText({ ...note, transformations: [...note.transformations.slice(0, -1), step] });
  if (artifact === undefined) return [differs(plan.shownAs, plan.artifact, last.output_hash, undefined)];
  if (written !== expected) {
    return [
      differs(
        plan.shownAs,
        BUILD_FILE,
        sha256(expected),
        written === undefined ? undefined : sha256(written),
      ),
    ];
  }
  return [
    warn('VNES5408', 'the sources compile, but two builds of this language never give the same bytes', {
      place: { file: `${plan.shownAs}/${plan.artifact}` },
      help: 'trust the signature on the receipt, or build and sign it yourself',
    }),
  ];
}

function differs(shownAs: string, path: string, expected: Digest, found: Digest | undefined): Diagnostic {
  const problem = found ? 'is not what its sources build' : 'is missing';
  return diagnose('VNES5407', `${path} ${problem}`, {
    place: { file: `${shownAs}/${path}` },
    expected,
    found: found ?? 'no file',
    help: commandLine(['vnes', 'build'], [shownAs]),
  });
}

function read(folder: string, path: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, path));
  } catch {
    return undefined;
  }
}
