import { realpathSync } from 'node:fs';
import { type Diagnostic, Failure, warn } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import { errorCode } from '../../base/system-error.ts';
import { treeDigest } from '../../capsule/tree.ts';
import { walkCapsule } from '../../capsule/walk.ts';
import type { TrustStore } from '../../trust/store.ts';
import { diagnosticsOf, type Verdict } from '../../trust/verdict.ts';
import { examineWalk } from '../../trust/verify.ts';
import { applyPlan, changed, type Done, describeActions } from './apply.ts';
import { type Plan, planRepair } from './plan.ts';
import { Beyond, scanFolder } from './scan.ts';
import type { Sources } from './sources.ts';

/** What `vnes verify --fix` did about one capsule. */
export interface Repaired {
  /** As the verdict names it. */
  readonly folder: string;
  readonly done: readonly Done[];
  /** Why not all was done, or nothing. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Plans a repair of the folder; undefined when what lies there cannot all be looked at. */
export async function planFor(folder: string, shownAs: string, sources: Sources): Promise<Plan | undefined> {
  try {
    const real = realpathSync(folder);
    return await planRepair(real, shownAs, scanFolder(real), sources);
  } catch (error) {
    if (error instanceof Beyond || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

export interface RepairOptions {
  readonly trust: TrustStore;
  readonly sources: Sources;
  readonly ports: Ports;
  /** Tells what would be done, and does nothing. */
  readonly dryRun: boolean;
}

/**
 * Brings a refused capsule back to what its receipt lists, if the receipt is signed as it must be and all of the content is on this
 * machine. Otherwise nothing is touched: a capsule is admitted afterwards, or it is left alone.
 */
export async function repairCapsule(
  folder: string,
  verdict: Verdict,
  options: RepairOptions,
): Promise<Repaired> {
  const { trust, sources, ports, dryRun } = options;
  const done: Done[] = [];
  try {
    const plan = await planFor(folder, verdict.folder, sources);
    const chosen = plan?.chosen(trust);
    if (!plan || !chosen)
      return { folder: verdict.folder, done, diagnostics: [nothingDone(verdict, plan, trust)] };
    refuseOther(folder, verdict);
    if (dryRun) done.push(...describeActions(chosen));
    else applyPlan(plan, chosen, ports, each => void done.push(each));
    return { folder: verdict.folder, done, diagnostics: [] };
  } catch (error) {
    if (error instanceof Failure) return { folder: verdict.folder, done, diagnostics: error.diagnostics };
    throw error;
  }
}

/** What was verified must be what was planned for; what lies there is compared with the plan again when it is applied. */
function refuseOther(folder: string, verdict: Verdict): void {
  const { files } = walkCapsule(folder, { shownAs: verdict.folder });
  if (treeDigest(files) !== verdict.tree)
    changed({ shownAs: verdict.folder }, 'other files than were verified');
}

/** The checks about who signed; where one of them fails, what the receipt lists is anybody's choice. */
const SIGNED: readonly string[] = [
  'receipt.format',
  'trust.root',
  'receipt.signatures',
  'authority',
  'trust.build',
  'trust.deploy',
];

function nothingDone({ folder }: Verdict, plan: Plan | undefined, trust: TrustStore): Diagnostic {
  const [candidate] = plan?.candidates ?? [];
  const checks = candidate ? examineWalk(candidate.walk, folder, trust).verdict.checks : [];
  const unsigned = checks.find(({ id, result }) => SIGNED.includes(id) && result === 'fail');
  const [first, ...more] = candidate?.unknown ?? [];
  if (first && !unsigned) {
    return warn('VNES2082', `the content of ${first.path} is not on this machine, so nothing was changed`, {
      place: { file: `${folder}/${first.path}` },
      expected: `${first.size} bytes with ${first.sha256}`,
      found: `nothing in git, recordings, the quarantine or what was removed${more.length > 0 ? `; nor of ${more.length} more files` : ''}`,
      help: 'fetch the commit that holds it, or put the file there from a copy',
    });
  }
  const [problem] = diagnosticsOf(unsigned ? [unsigned] : checks.filter(({ result }) => result === 'fail'));
  return warn('VNES2080', 'no receipt here is admitted, so nothing was changed', {
    place: { file: folder },
    expected: 'a receipt that those signed who may: only then what it lists is worth bringing back',
    found: problem ? `${problem.code}: ${problem.message}` : 'no receipt that can be read',
    help: `vnes verify ${folder} tells which steps would admit it`,
  });
}
