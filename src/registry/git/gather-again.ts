import { fail } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import type { GitFacts, SourceFacts } from '../../trust/change/facts.ts';
import { type GitEvidence, gatherGit } from './gate.ts';
import type { GitSource } from './plan.ts';

export interface AgainOptions {
  /** A trust file in place of that of the repository. */
  readonly file?: string | undefined;
  /** A policy and waivers in place of those beside it. */
  readonly policy?: string | undefined;
  readonly waivers?: string | undefined;
  /** Milliseconds since 1970 to hold expiry against. */
  readonly now: number;
}

/**
 * Gathers from the repository of the current folder what a proof states, at the commits that it names. What was staged is looked
 * for in the index as it is now.
 * @throws Failure VNES9006 when the proof was made under a trust file that only its maker knows; what {@link gatherGit} throws.
 */
export function gatherAgain(
  { source, paths, trust }: GitFacts,
  { file, policy, waivers, now }: AgainOptions,
  ports: Ports,
): Promise<GitEvidence> {
  if (trust.from === 'file' && file === undefined) {
    fail(
      'VNES9006',
      'the proof was made under a trust file that was named, and not under one of the repository',
      {
        expected: '--git with --trust FILE',
        found: trust.files.join(', '),
      },
    );
  }
  const from = trust.from === 'commit' && file === undefined ? trust.commit! : undefined;
  return gatherGit(
    { source: sourceAgain(source), paths, trust: { file, from, policy, waivers, now } },
    ports,
  );
}

function sourceAgain({ kind, base, commit, target }: SourceFacts): GitSource {
  if (kind === 'staged') return { kind, base: base ?? undefined };
  if (kind === 'since') return { kind, revision: target!, head: commit! };
  return { kind, revision: commit! };
}
