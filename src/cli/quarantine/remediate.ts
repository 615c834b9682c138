import { type Diagnostic, Failure } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import type { KeptBytes } from '../../kernel/quarantine/bytes.ts';
import { type Difference, differenceOf } from '../../kernel/quarantine/difference.ts';
import type { Decision } from '../../kernel/quarantine/keep.ts';
import type { CapsuleRecord } from '../../kernel/quarantine/model.ts';
import type { Place } from '../../kernel/quarantine/release.ts';
import {
  applyRemedy,
  needsSignature,
  type RemedyStep,
  refuseStranger,
  refuseUnseen,
} from '../../kernel/quarantine/remedy.ts';
import { planRemedy, type RemedyPlan } from '../../kernel/quarantine/remedy-plan.ts';
import { listKeys } from '../../trust/key-folder.ts';
import type { Context, OptionValues } from '../command.ts';
import { openKey } from '../signing-key.ts';
import { fileLines, manifestLines } from './difference-lines.ts';
import type { Line } from './line.ts';

/** What a remedy did, or what it would give. */
export interface Remedied {
  readonly steps: readonly RemedyStep[];
  readonly tree: Digest;
  /** What the remedy gives, against what was admitted last. */
  readonly difference?: Pick<Difference, 'files' | 'manifest'>;
  /** The difference, as text. */
  readonly lines: readonly Line[];
  /** Why nothing was done. */
  readonly problems: readonly Diagnostic[];
}

export interface Patient {
  readonly decision: Decision;
  readonly record: CapsuleRecord;
  readonly place: Place;
  readonly bytes: KeptBytes;
}

/**
 * Builds a capsule again and puts a good receipt to it. Whatever is not what was admitted last is shown first, and signed only
 * when `--tree` names it; by a key of the author's only.
 * @throws Failure VNES3105, VNES3106, VNES54xx for what cannot be built, VNES203x for a key that cannot be used.
 */
export async function remediate(
  context: Context,
  { decision, record, place, bytes }: Patient,
  options: OptionValues,
): Promise<Remedied> {
  const last = [record.now, record.lastAdmitted].find(entry => entry?.verdict.admitted);
  const plan = await planRemedy(decision, last, place, bytes);
  const seen = await unseen(plan, options);
  if (seen) return seen;
  const signer = needsSignature(plan) ? await openKey(context, withKey(context, plan, options)) : undefined;
  if (signer) refuseStranger(plan, signer.public, place.trust);
  const steps = await applyRemedy(plan, signer, context.ports);
  return { steps, tree: plan.tree, lines: [], problems: [] };
}

/** The options with the author's key, if it lies in the user's folder and no other was asked for. */
function withKey({ ports }: Context, plan: RemedyPlan, options: OptionValues): OptionValues {
  if (options.key !== undefined) return options;
  const authors = plan.authors.map(({ key }) => key);
  const own = listKeys(ports).find(key => authors.includes(key.public.id));
  return own ? { ...options, key: own.name } : options;
}

/** The difference that somebody has to see first; undefined when there is none, or it was named. */
async function unseen(plan: RemedyPlan, { tree }: OptionValues): Promise<Remedied | undefined> {
  try {
    refuseUnseen(plan, Array.isArray(tree) ? tree : []);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { files, manifest } = await differenceOf(plan.last.content, plan.content, plan.read);
    return {
      steps: [],
      tree: plan.tree,
      difference: { files, manifest },
      lines: [...fileLines({ files }), ...manifestLines({ manifest })],
      problems: error.diagnostics,
    };
  }
}
