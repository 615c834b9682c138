import { join } from 'node:path';
import { writeBuild } from '../../authoring/build/build.ts';
import { fail } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import type { Ports } from '../../base/ports.ts';
import { commandLine } from '../../base/shell.ts';
import { writeAtomically } from '../../base/write-file.ts';
import { RECEIPT_FILE } from '../../capsule/tree.ts';
import { rolesOf } from '../../trust/receipt-signers.ts';
import { draftReceipt, writeReceipt } from '../../trust/sign.ts';
import { type Signer, signatureBy } from '../../trust/signer.ts';
import type { TrustStore } from '../../trust/store.ts';
import type { RemedyPlan } from './remedy-plan.ts';

/** What a remedy did to a capsule, in the order in which it did it. */
export type RemedyStep = 'rebuilt' | 'receipt put back' | 'signed';

/** Whether a remedy gives the very bytes that were admitted last. Anything else is signed only by its name. */
export function givesLastAdmitted({ tree, last }: RemedyPlan): boolean {
  return tree === last.verdict.tree;
}

/** Whether somebody has to sign: not where the receipt of these very bytes lies there, or was kept. */
export function needsSignature(plan: RemedyPlan): boolean {
  const { receipt } = plan.last.content;
  if (!receipt || !givesLastAdmitted(plan)) return true;
  return plan.receipt !== receipt && plan.read(receipt) === undefined;
}

/**
 * Refuses a remedy that would put a signature under other bytes than were admitted last, unless `confirmed` names just these.
 * @throws Failure VNES3105
 */
export function refuseUnseen(plan: RemedyPlan, confirmed: readonly string[]): void {
  const { tree, last, shownAs } = plan;
  if (givesLastAdmitted(plan) || confirmed.includes(tree)) return;
  fail('VNES3105', `${shownAs} would not be what was admitted last, so it is not signed unseen`, {
    place: { file: shownAs },
    expected: last.verdict.tree ?? 'the last admitted version',
    found: tree,
    help: `read the difference; if all of it is yours: ${remediating(shownAs, '--tree', tree)}`,
  });
}

/** Refuses a key that is not the author's, or that is not trusted for this capsule any more. @throws Failure VNES3106 */
export function refuseStranger(plan: RemedyPlan, key: Signer['public'], trust: TrustStore): void {
  const { authors } = plan;
  const trusted = trust.keys.find(each => each.key.base64 === key.base64);
  const roles = trusted ? rolesOf(trusted, plan.id, trust) : [];
  const entitled = roles.includes('build') || roles.includes('sign');
  if (entitled && authors.some(author => author.key === key.id)) return;
  fail('VNES3106', 'the key is not one that may sign this capsule again', {
    place: { file: plan.shownAs },
    expected: `a key that signed ${plan.last.name} and is trusted for it: ${authors.map(({ name, key }) => name ?? key).join(', ')}`,
    found: trusted
      ? `${trusted.name}, who ${entitled ? 'did not sign it' : 'may not'}`
      : `a key that nobody here trusts: ${key.id}`,
    help: 'choose the key with --key NAME|FILE, or have the author sign: vnes sign',
  });
}

/**
 * Carries a plan out: writes the build, then the kept receipt, or a new one by the signer where {@link needsSignature} says so.
 * @throws Failure VNES3105 when the capsule changed meanwhile; then nothing was signed.
 */
export async function applyRemedy(
  plan: RemedyPlan,
  signer: Signer | undefined,
  ports: Ports,
): Promise<RemedyStep[]> {
  const { folder, build, last, receipt } = plan;
  if (build) writeBuild(build);
  const steps: RemedyStep[] = build ? ['rebuilt'] : [];
  if (signer) {
    await signPlanned(plan, signer, ports);
    return [...steps, 'signed'];
  }
  if (receipt === last.content.receipt) return steps;
  writeAtomically(join(folder, RECEIPT_FILE), plan.read(last.content.receipt!)!);
  return [...steps, 'receipt put back'];
}

async function signPlanned(
  { folder, shownAs, tree }: RemedyPlan,
  signer: Signer,
  ports: Ports,
): Promise<void> {
  const draft = draftReceipt(folder, shownAs, signer.public, ports, {});
  if (draft.tree !== tree) changedMeanwhile(shownAs, tree, draft.tree);
  writeReceipt(draft, await signatureBy(signer, draft.message));
}

function changedMeanwhile(shownAs: string, expected: Digest, found: Digest): never {
  return fail('VNES3105', `${shownAs} changed while it was remedied, so it was not signed`, {
    place: { file: shownAs },
    expected,
    found,
    help: `look again: ${remediating(shownAs)}`,
  });
}

function remediating(shownAs: string, ...more: readonly string[]): string {
  return commandLine(['vnes', 'release', '--remediate', ...more], [shownAs]);
}
