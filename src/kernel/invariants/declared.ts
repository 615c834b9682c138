import { compareCodeUnits } from '../../base/order.ts';
import { isTest, type Manifest, type StatedInvariant } from '../../capsule/manifest.ts';
import { MANIFEST_FILE } from '../../capsule/tree.ts';

/** When an invariant is asked: after each frame, or once after the last. */
export type Moment = NonNullable<StatedInvariant['at']>;

/** An invariant of a run: an expression of a manifest or of a file, or a `test` capsule. */
export interface Invariant {
  /** `no_debt` of a file, `user.me.bank/no_debt` of a manifest, `user.me.audit` for a test capsule. */
  readonly name: string;
  readonly kind: 'expression' | 'test';
  readonly at: Moment | 'delivery';
  /** For an expression: its text, and where it stands. */
  readonly text: string;
  readonly file: string;
  readonly pointer: string;
}

/** All that the capsules of a run and a file declare, in one order. */
export function declaredInvariants(
  capsules: readonly { readonly manifest: Manifest }[],
  stated: readonly StatedInvariant[] = [],
  file = '',
): readonly Invariant[] {
  const manifests = capsules.map(({ manifest }) => manifest).sort((a, b) => compareCodeUnits(a.id, b.id));
  return [
    ...manifests.flatMap(ofManifest),
    ...stated.map((each, index) => expression(each, each.name, file, `/invariants/${index}/expression`)),
  ];
}

function ofManifest(manifest: Manifest): readonly Invariant[] {
  const { id, interfaces } = manifest;
  const expressions = (interfaces?.invariants ?? []).map((each, index) =>
    expression(
      each,
      `${id}/${each.name}`,
      `${id}/${MANIFEST_FILE}`,
      `/interfaces/invariants/${index}/expression`,
    ),
  );
  return isTest(manifest) ? [...expressions, testOf(id)] : expressions;
}

function expression(
  { expression: text, at = 'frame' }: StatedInvariant,
  name: string,
  file: string,
  pointer: string,
): Invariant {
  return { name, kind: 'expression', at, text, file, pointer };
}

function testOf(id: string): Invariant {
  const text = `${id} handles every event without an error`;
  return { name: id, kind: 'test', at: 'delivery', text, file: `${id}/${MANIFEST_FILE}`, pointer: '/type' };
}
