import { fail } from '../../base/diagnostic.ts';
import type { Manifest, StatedInvariant } from '../../capsule/manifest.ts';
import { declaredInvariants, type Invariant } from './declared.ts';
import { OPEN, SAMPLE } from './sight.ts';
import { Watch, type Watched } from './watch.ts';

/** Makes watches, each for one run. */
export interface Invariants {
  readonly declared: readonly Invariant[];
  watch(): Watch;
}

/** Invariants of a file, and what diagnostics call it. */
export interface InvariantsFile {
  readonly file: string;
  readonly invariants: readonly StatedInvariant[];
}

/** Those that a run was given besides its capsules' own. */
export function recordedInvariants(
  dir: string,
  { invariants = [] }: { readonly invariants?: readonly StatedInvariant[] },
): InvariantsFile {
  return { file: dir, invariants };
}

/**
 * Compiles every invariant that the capsules and the given files declare. @throws Failure VNES8203 for an expression that is refused,
 * or a name that stands for two.
 */
export async function prepareInvariants(
  capsules: readonly { readonly manifest: Manifest }[],
  ...files: readonly InvariantsFile[]
): Promise<Invariants> {
  const declared = [
    ...declaredInvariants(capsules),
    ...files.flatMap(({ file, invariants }) => declaredInvariants([], invariants, file)),
  ];
  refuseTwins(declared);
  const watched: Watched[] = [];
  for (const invariant of declared) watched.push(await prepared(invariant));
  return { declared, watch: () => new Watch(watched) };
}

async function prepared(invariant: Invariant): Promise<Watched> {
  if (invariant.kind === 'test') return { invariant };
  const { compileExpression } = await import('../../base/cel/expression.ts');
  const { name, text, file, pointer } = invariant;
  const written = { name: `the invariant ${name}`, text, file, pointer, code: 'VNES8203' as const };
  return { invariant, judge: compileExpression(written, { sample: SAMPLE, open: OPEN, also: ['sum'] }) };
}

function refuseTwins(declared: readonly Invariant[]): void {
  const names = declared.map(({ name }) => name);
  const twin = declared.find(({ name }, index) => names.indexOf(name) < index);
  if (!twin) return;
  fail('VNES8203', `two invariants are called ${twin.name}`, {
    place: { file: twin.file, pointer: twin.pointer.replace('/expression', '/name') },
    expected: 'each name once',
    found: twin.name,
  });
}
