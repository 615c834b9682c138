import { type Diagnostic, warn } from '../base/diagnostic.ts';
import { covers } from './namespace.ts';
import type { PolicyTrust } from './policy/model.ts';
import { idleRules } from './policy/scope.ts';
import type { TrustStore } from './store.ts';
import type { Check, Verdict } from './verdict.ts';
import type { Waiver, WaiverTrust } from './waivers/model.ts';

/**
 * The rules and the waivers that no capsule met, of all capsules that there are: a scope that was mistyped asks nothing of anybody, and
 * a waiver that nothing needs any more should not wait for something to need it.
 */
export function unusedNotes(
  { policy, waivers }: TrustStore,
  verdicts: readonly Verdict[],
): readonly Diagnostic[] {
  return [
    ...(policy ? unusedRules(policy, verdicts) : []),
    ...(waivers ? unusedWaivers(waivers, verdicts) : []),
  ];
}

/** Which rules cover a capsule whose id nobody knows, nobody knows either. */
function unusedRules({ document, file }: PolicyTrust, verdicts: readonly Verdict[]): readonly Diagnostic[] {
  const ids = verdicts.flatMap(({ id }) => id ?? []);
  if (!document || ids.length < verdicts.length) return [];
  return idleRules(document, ids).map(({ id, scopes }) =>
    warn('VNES3009', `the rule ${id} covers no capsule`, {
      place: { file },
      expected: `a capsule of: ${scopes.map(({ namespace }) => namespace).join(', ')}`,
      found: `none among ${ids.length}`,
      help: 'see that its scopes are spelled as they are meant',
    }),
  );
}

/** A capsule that is refused may need its waivers once it is whole again. */
function unusedWaivers({ document, file }: WaiverTrust, verdicts: readonly Verdict[]): readonly Diagnostic[] {
  const used = new Set(verdicts.flatMap(({ checks }) => usedIn(checks)));
  const refused = verdicts.filter(({ admitted }) => !admitted);
  return document.waivers
    .filter(({ waiver }) => !used.has(waiver.id) && !refused.some(verdict => mayNeed(verdict, waiver)))
    .map(({ waiver }) =>
      warn('VNES3012', `nothing needs the waiver ${waiver.id}`, {
        place: { file },
        expected: `a capsule that fails ${waiver.check}`,
        found: `none among ${verdicts.length}`,
        help: `take it out of ${file}; that needs no signature`,
      }),
    );
}

function mayNeed({ id }: Verdict, { capsule, namespace }: Waiver): boolean {
  if (id === undefined) return true;
  return capsule === undefined ? covers(namespace!, id) : capsule === id;
}

function usedIn(checks: readonly Check[]): readonly string[] {
  return checks.flatMap(({ waiver, checks: parts = [] }) => [
    ...(waiver ? [waiver.id] : []),
    ...usedIn(parts),
  ]);
}
