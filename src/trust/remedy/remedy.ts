import { canonicalJson } from '../../base/canonical.ts';
import { Failure } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { commandLine } from '../../base/shell.ts';
import type { Walk } from '../../capsule/inventory.ts';
import type { Manifest } from '../../capsule/manifest.ts';
import { parseManifest } from '../../capsule/parse.ts';
import { parseReceipt, type Receipt } from '../../capsule/receipt.ts';
import { BUILD_FILE, inputHash, MANIFEST_FILE, RECEIPT_FILE } from '../../capsule/tree.ts';
import { readBuildNotes } from '../build-notes.ts';
import { CHECKS } from '../checks.ts';
import { rootKeys } from '../root/keys.ts';
import { judgeSignatures, signersOf } from '../signatures.ts';
import type { TrustedKey, TrustStore } from '../store.ts';
import type { Verdict } from '../verdict.ts';
import { examineWalk } from '../verify.ts';
import type { Cure } from './cures.ts';
import type { Remedy, RemedyContext, Step } from './model.ts';
import { codesOf, type Reason, reasonsOf } from './reasons.ts';
import { changeOfTrust } from './roots.ts';
import { type Ruled, rulePeople, ruleReasons, settled, waivedInstead, waiveSteps } from './rules.ts';
import { signSteps } from './signers.ts';

/**
 * The fewest steps after which the capsule would be admitted, in the order to take them; undefined for one that is admitted.
 * Reads nothing but its arguments.
 */
export function remedyOf(verdict: Verdict, context: RemedyContext): Remedy | undefined {
  if (verdict.admitted) return undefined;
  const remedy = cureFor(verdict, context);
  const instead = remedy.instead ?? waivedInstead(verdict, context);
  return { ...remedy, ...(instead && { instead }) };
}

function cureFor(verdict: Verdict, context: RemedyContext): Remedy {
  const receipt = readReceipt(context.walk);
  const id = verdict.id ?? receipt?.statement.predicate.capsule.id;
  const signers = signersUnder(receipt, context.trust);
  const change = changeOfTrust(id, { ...context, signers });
  if (change.stuck) return { steps: change.steps };
  const all =
    change.steps.length > 0 ? reasonsUnder(change.trust, verdict, context) : reasonsOf(verdict.checks);
  const ruled = ruledBy(verdict, context.walk, receipt);
  const known = all.map(reason => settled(reason, id, change.trust, ruled));
  const reasons = known.filter(({ cure }) => cure !== 'change');
  if (reasons.length === 0) return { steps: change.steps };
  const after = { ...context, trust: change.trust };
  const anew = [...change.steps, ...stepsAnew(reasons, verdict, after, { receipt, signers })];
  const outlook = context.outlook?.(change.trust);
  if (!outlook?.admits) return { steps: anew };
  return { steps: [...change.steps, restoring(reasons, verdict, context)], instead: anew };
}

/** What would still be wrong if the trust had changed; what other checks than ours said, stays. */
function reasonsUnder(trust: TrustStore, verdict: Verdict, { walk }: RemedyContext): readonly Reason[] {
  const ours = new Set(CHECKS.map(({ id }) => id));
  const others = verdict.checks.filter(({ id }) => !ours.has(id));
  return reasonsOf([...examineWalk(walk, verdict.folder, trust).verdict.checks, ...others]);
}

function restoring(
  reasons: readonly Reason[],
  verdict: Verdict,
  { folder, options = [] }: RemedyContext,
): Step {
  return {
    kind: 'restore',
    does: 'brings back what the receipt lists',
    commands: [commandLine(['vnes', 'verify', '--fix', ...options], [folder ?? verdict.folder])],
    needs: 'nothing',
    automatic: true,
    why: codesOf(reasons),
  };
}

interface Signed {
  readonly receipt: Receipt | undefined;
  readonly signers: readonly string[];
}

/** Edits, a build and signatures, as far as each is needed, that make what lies there a capsule that is admitted. */
function stepsAnew(
  found: readonly Reason[],
  verdict: Verdict,
  context: RemedyContext,
  { receipt, signers }: Signed,
): readonly Step[] {
  const { walk, trust, keys } = context;
  const folder = context.folder ?? verdict.folder;
  const ruled = ruledBy(verdict, walk, receipt);
  const reasons = [...found, ...(ruled ? hidden(found, verdict, trust, ruled) : [])];
  const edits = [...inTheWay(context, folder), ...editSteps(reasons)];
  const changed = reasons.some(({ cure }) => NEW_RECEIPT.includes(cure));
  const building = buildStep(walk, folder, edits, reasons);
  const mayAdd = receipt && !changed && building.length === 0 && isTrueOf(receipt, walk);
  const waivers = waiveSteps(reasons, verdict.id, context);
  const why = codesOf(reasons.filter(({ cure }) => !UNSIGNED.includes(cure)));
  if (why.length === 0) return [...edits, ...waivers];
  const asked = {
    trust,
    folder,
    id: verdict.id,
    receipt: mayAdd ? receipt : undefined,
    before: signers,
    keys,
    why,
    people: (signed: readonly TrustedKey[]) => (ruled ? rulePeople(trust, ruled, signed) : []),
  };
  return [...edits, ...building, ...signSteps(asked), ...waivers];
}

/** The capsule as rules would see it once it is signed; undefined when nobody can tell yet. */
function ruledBy({ folder }: Verdict, walk: Walk, receipt: Receipt | undefined): Ruled | undefined {
  const manifest = readManifest(walk);
  return manifest && receipt ? { folder, manifest, receipt, files: walk.files } : undefined;
}

/** What rules will say about anything but people, where they were not asked because something else failed before. */
function hidden(
  found: readonly Reason[],
  verdict: Verdict,
  trust: TrustStore,
  ruled: Ruled,
): readonly Reason[] {
  const blocked = verdict.checks.some(({ id, result }) => id === 'policy.rules' && result === 'blocked');
  if (!blocked || found.length === 0) return [];
  return ruleReasons(trust, ruled, trust.keys)
    .map(reason => settled(reason, verdict.id, trust, ruled))
    .filter(({ cure }) => cure !== 'signers');
}

/** Cures that take no signature under a receipt. */
const UNSIGNED: readonly Cure[] = ['access', 'policy', 'waive'];
/** Cures that leave no receipt standing. */
const NEW_RECEIPT: readonly Cure[] = ['content', 'layout', 'manifest', 'code', 'version', 'receipt'];
/** Cures that begin with somebody who edits. */
const BY_HAND: readonly Cure[] = ['layout', 'access', 'manifest', 'code', 'version', 'policy'];
/** Edits that are told one by one. */
const TOLD = 20;

function editSteps(reasons: readonly Reason[]): readonly Step[] {
  const byHand = reasons.filter(({ cure }) => BY_HAND.includes(cure));
  return byHand.slice(0, TOLD).map(({ diagnostic: { code, message, place, expected, help } }) => ({
    kind: 'edit' as const,
    does: `${[place?.file, place?.pointer].filter(Boolean).join(' ')}: ${help ?? `${message}; expected ${expected ?? 'otherwise'}`}`,
    commands: [],
    needs: 'whoever writes the capsule',
    automatic: false,
    why: [code],
  }));
}

/** A folder by the name of the receipt is no file of the capsule, and no receipt can be written over it. */
function inTheWay({ folderForReceipt, walk }: RemedyContext, folder: string): readonly Step[] {
  if (folderForReceipt !== true) return [];
  const place = `${folder}/${RECEIPT_FILE}`;
  const empty = !walk.files.some(({ path }) => path.startsWith(`${RECEIPT_FILE}/`));
  return [
    {
      kind: 'edit',
      does: empty ? 'takes away an empty folder' : `${place}: move this folder out of the capsule`,
      commands: empty ? [commandLine(['rmdir'], [place])] : [],
      needs: 'nothing',
      automatic: false,
      why: ['VNES2001'],
    },
  ];
}

/** A build, when the notes of the last one are of other sources, or what it makes is missing. */
function buildStep(
  walk: Walk,
  folder: string,
  edits: readonly Step[],
  reasons: readonly Reason[],
): readonly Step[] {
  const stale = walk.kept.has(BUILD_FILE) && (edits.length > 0 || !areNotesOf(walk));
  const manifest = readManifest(walk);
  const lacking = lackedEntry(manifest, walk);
  if (!stale && lacking === undefined) return [];
  const step = { automatic: false, why: codesOf(reasons) };
  if (!stale && !canBuild(manifest, walk)) {
    const does = `put ${folder}/${lacking} there, which the manifest names and nothing here can build`;
    return [{ ...step, kind: 'edit', does, commands: [], needs: 'whoever writes the capsule' }];
  }
  const does = stale
    ? 'builds it, for its sources changed since it was built'
    : 'builds what the manifest names';
  const commands = [commandLine(['vnes', 'build'], [folder])];
  return [{ ...step, kind: 'build', does, commands, needs: 'its compiler' }];
}

/** Whether the build notes are of the sources that lie there. */
function areNotesOf(walk: Walk): boolean {
  return succeeds(() => readBuildNotes(walk.kept.get(BUILD_FILE), inputHash(walk.files), '')) !== undefined;
}

function readManifest(walk: Walk): Manifest | undefined {
  const bytes = walk.kept.get(MANIFEST_FILE);
  return bytes && succeeds(() => parseManifest(bytes, MANIFEST_FILE));
}

/** The component that the manifest names, if it is not there. */
function lackedEntry(manifest: Manifest | undefined, { files }: Walk): string | undefined {
  const entry = manifest?.interfaces?.wasm;
  return files.some(({ path }) => path === entry) ? undefined : entry;
}

/** Whether there is something that a build would start from. */
function canBuild(manifest: Manifest | undefined, { files }: Walk): boolean {
  return manifest?.runtime?.language !== undefined && files.some(({ path }) => path.startsWith('impl/src/'));
}

/** Whether `vnes sign --add` would sign along: the notes of the build are those that the receipt states. */
function isTrueOf({ statement }: Receipt, walk: Walk): boolean {
  const notes = succeeds(() => readBuildNotes(walk.kept.get(BUILD_FILE), inputHash(walk.files), ''));
  const { toolchain, transformations } = statement.predicate;
  return notes !== undefined && sameFacts(notes, { toolchain, transformations });
}

function sameFacts(one: object, other: object): boolean {
  return canonicalJson(one as JsonValue) === canonicalJson(other as JsonValue);
}

function readReceipt(walk: Walk): Receipt | undefined {
  const bytes = walk.kept.get(RECEIPT_FILE);
  return bytes && succeeds(() => parseReceipt(bytes, RECEIPT_FILE));
}

/** Whose signatures hold, also under a trust root that has only expired. */
function signersUnder(receipt: Receipt | undefined, { keys, root }: TrustStore): readonly string[] {
  if (!receipt) return [];
  const trusted = root ? rootKeys(root.document.signed) : keys;
  return signersOf(judgeSignatures(receipt, trusted)).map(({ name }) => name);
}

/** The result, or undefined when it is a failure with a code. */
function succeeds<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
