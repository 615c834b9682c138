import path from 'node:path';
import type { Diagnostic, Severity } from '../../base/diagnostic.ts';
import { compareBy } from '../../base/order.ts';
import { type Check, ownDiagnostics, type Verdict, type WaiverUse } from '../../trust/verdict.ts';

/** One diagnostic of one check of one capsule. */
export interface VerdictFinding {
  readonly verdict: Verdict;
  readonly check: string;
  readonly diagnostic: Diagnostic;
  /** Why it is let pass. */
  readonly waiver?: WaiverUse | undefined;
  /** Its place among the findings of this capsule, from 0. */
  readonly index: number;
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** All findings, in the order of the capsules and checks. */
export function findingsOf(verdicts: readonly Verdict[]): VerdictFinding[] {
  return verdicts.flatMap(verdict =>
    verdict.checks.flatMap(check => ofCheck(check)).map((found, index) => ({ verdict, ...found, index })),
  );
}

function ofCheck(check: Check): Pick<VerdictFinding, 'check' | 'diagnostic' | 'waiver'>[] {
  const { id, waiver, checks = [] } = check;
  const own = ownDiagnostics(check).map(diagnostic => ({ check: id, diagnostic, waiver }));
  return [...own, ...checks.flatMap(ofCheck)];
}

/** Worst first, and then the first finding of every capsule before the second of any. */
export function ranked(findings: readonly VerdictFinding[]): VerdictFinding[] {
  return findings.toSorted(
    compareBy(
      (a, b) => RANK[a.diagnostic.severity] - RANK[b.diagnostic.severity],
      (a, b) => a.index - b.index,
    ),
  );
}

/** `id@version` as far as the manifest says it, otherwise the folder. */
export function nameOf({ id, version, folder }: Verdict): string {
  return id === undefined ? folder : `${id}@${version}`;
}

/** The file that a finding is about, as it was shown; the capsule's folder when it names none. */
export function fileOf({ verdict, diagnostic }: VerdictFinding): string {
  return diagnostic.place?.file?.replace(/ \(payload\)$/, '') ?? verdict.folder;
}

/** A shown path from `cwd`, with slashes, as annotations want it; one outside of `cwd` stays absolute. */
export function relativePath(shown: string, cwd: string): string {
  const absolute = path.resolve(cwd, shown);
  const relative = path.relative(cwd, absolute);
  if (relative === '') return '.';
  const inside = relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  return (inside ? relative : absolute).split(path.sep).join('/');
}

/** All that a diagnostic says beside its message and place, one line each. */
export function detailsOf({ expected, found, help }: Diagnostic): string[] {
  const fields = { expected, found, help };
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
}
