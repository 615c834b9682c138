import type { Code } from '../../base/codes/all.ts';
import { commandLine } from '../../base/shell.ts';
import { parseUtc } from '../../base/time.ts';
import { RECEIPT_FILE } from '../../capsule/tree.ts';
import { CHECKS } from '../checks.ts';
import type { PolicyRule, PolicySubject } from '../policy/model.ts';
import { ruleCheck } from '../policy/model.ts';
import { missingReviewers, missingSigners } from '../policy/people.ts';
import { scopeFor } from '../policy/scope.ts';
import { tally } from '../root/tally.ts';
import type { TrustedKey, TrustStore } from '../store.ts';
import type { Verdict } from '../verdict.ts';
import type { WaiverEntry } from '../waivers/model.ts';
import type { Step } from './model.ts';
import { codesOf, type Reason, reasonsOf } from './reasons.ts';
import { keyName, keyOf, keysOf, rootOption, type TrustNeeds } from './roots.ts';

/** A capsule as rules see it, whoever may have signed by then. */
export type Ruled = Omit<PolicySubject, 'root' | 'signers'>;

/** What the rules of the policy would hold against a capsule under these signatures. */
export function ruleReasons({ policy, root }: TrustStore, ruled: Ruled, signers: readonly TrustedKey[]) {
  if (!policy || policy.problems.length > 0) return [];
  return policy
    .judge({ ...ruled, signers, root })
    .flatMap(({ id, diagnostics }) =>
      diagnostics
        .filter(({ severity }) => severity === 'error')
        .map((diagnostic): Reason => ({ check: id, diagnostic, cure: 'rule' })),
    );
}

/** Who has to sign too, so that every rule about people is met. A rule that no signatures can meet adds nobody. */
export function rulePeople(
  trust: TrustStore,
  ruled: Ruled,
  signed: readonly TrustedKey[],
): readonly string[] {
  const names: string[] = [];
  for (const { demand = {} } of enforced(trust, ruled.manifest.id)) {
    const subject = () => ({ ...ruled, root: trust.root, signers: [...signed, ...trustedOf(trust, names)] });
    const { signers, reviewers } = demand;
    if (signers) names.push(...(missingSigners(signers, subject())?.names ?? []));
    // Enough of them first, and then enough who are not needed as builders.
    for (let more = reviewers && missing(); more && more.length > 0; more = missing()) names.push(...more);

    function missing(): readonly string[] {
      return (missingReviewers(reviewers!, subject())?.names ?? []).filter(name => !names.includes(name));
    }
  }
  return names;
}

function enforced({ policy }: TrustStore, id: string): readonly PolicyRule[] {
  return (policy?.document?.rules ?? []).filter(rule => scopeFor(rule, id)?.level === 'enforce');
}

function trustedOf({ keys }: TrustStore, names: readonly string[]): readonly TrustedKey[] {
  return keys.filter(({ name }) => names.includes(name));
}

/** What a rule that is not met takes: signatures, a waiver where that can be, or an edit of what it is about. */
export function settled(
  reason: Reason,
  id: string | undefined,
  trust: TrustStore,
  ruled: Ruled | undefined,
): Reason {
  if (reason.cure !== 'rule') return reason;
  const people = isAboutPeople(reason);
  if (people && !isHopeless(reason, trust, ruled)) return { ...reason, cure: 'signers' };
  return { ...reason, cure: isWaivable(reason, id, trust) ? 'waive' : people ? 'policy' : 'manifest' };
}

function isAboutPeople({ diagnostic }: Reason): boolean {
  return diagnostic.place?.file?.endsWith(`/${RECEIPT_FILE}`) === true;
}

/** Whether the rule would not be met even if everybody signed. */
function isHopeless({ check }: Reason, trust: TrustStore, ruled: Ruled | undefined): boolean {
  if (!ruled) return false;
  return ruleReasons(trust, ruled, trust.keys).some(each => each.check === check && isAboutPeople(each));
}

/** Checks of vnes' own that may be waived. */
const OWN: readonly string[] = CHECKS.filter(({ waivable }) => waivable).map(({ id }) => id);

function isWaivable({ check }: Reason, id: string | undefined, { policy, root }: TrustStore): boolean {
  const rule = policy?.document?.rules.find(each => ruleCheck(each.id) === check);
  if ((rule?.waivable !== true && !OWN.includes(check)) || !root || id === undefined) return false;
  const { missing, candidates } = tally(root.document.signed, 'waive', id, []);
  return missing <= candidates.length;
}

/**
 * Waivers in place of what cures a check of vnes' own. What a policy lets be waived, those who wrote it meant to be; of a promise that is
 * broken, or a deployer who has not signed, the cure comes first. Undefined where waivers alone would not do.
 */
export function waivedInstead(
  { id, checks }: Pick<Verdict, 'id' | 'checks'>,
  needs: Omit<TrustNeeds, 'signers'>,
): readonly Step[] | undefined {
  const { trust } = needs;
  const reasons = reasonsOf(checks);
  const whole = checks.every(({ result }) => result !== 'blocked') && trust.root?.problems.length === 0;
  const own = reasons.some(({ check }) => OWN.includes(check));
  if (!whole || !own || !reasons.every(reason => isWaivable(reason, id, trust))) return undefined;
  return waiveSteps(
    reasons.map(reason => ({ ...reason, cure: 'waive' })),
    id,
    needs,
  );
}

/** Days that a waiver is good for, if nobody says otherwise. */
const DAYS = '14';

/** Waivers: one for each rule, signed by the fewest who may let it pass. One that only lacks signatures gets them. */
export function waiveSteps(
  reasons: readonly Reason[],
  id: string | undefined,
  needs: Omit<TrustNeeds, 'signers'>,
): readonly Step[] {
  const these = reasons.filter(({ cure }) => cure === 'waive');
  const checks = [...new Set(these.map(({ check }) => check))];
  return checks.flatMap(check =>
    waiving(check, id!, needs, codesOf(these.filter(each => each.check === check))),
  );
}

function waiving(
  check: string,
  id: string,
  needs: Omit<TrustNeeds, 'signers'>,
  why: readonly Code[],
): readonly Step[] {
  const { trust, keys, options = [] } = needs;
  const root = trust.root!;
  const { signed } = root.document;
  const open = openWaiver(check, id, trust);
  const { missing, candidates } = tally(
    signed,
    'waive',
    id,
    open?.signatures.map(each => each.public_key) ?? [],
  );
  const held = (name: string) => keysOf(name, signed).some(key => keys?.has(key));
  const names = candidates.toSorted((a, b) => Number(held(b)) - Number(held(a))).slice(0, missing);
  const name = open?.waiver.id ?? freeName(check, id, trust);
  const common = [...rootOption(root, needs), ...given(options, '--waivers'), ...given(options, '--now')];
  return names.map((who, index) => {
    const begins = index === 0 && !open;
    const about = [id, '--id', name, '--check', check, '--reason', 'REASON', '--owner', who, '--days', DAYS];
    const key = ['--key', keyName(who, signed, { keys })];
    return {
      kind: 'waive',
      does: begins
        ? `lets it pass for ${DAYS} days; put the reason in the place of REASON`
        : 'signs the waiver too',
      commands: [commandLine(['vnes', 'waive', ...(begins ? about : ['--add', name]), ...common, ...key])],
      needs: `${keyOf(who, keysOf(who, signed), keys)}; of those who may waive`,
      automatic: false,
      why,
    };
  });
}

/** A waiver for this that has not expired, and lacks nothing but signatures. */
function openWaiver(check: string, id: string, { waivers, root }: TrustStore): WaiverEntry | undefined {
  return waivers?.document.waivers.find(
    ({ waiver }) => waiver.check === check && waiver.capsule === id && parseUtc(waiver.expires)! > root!.now,
  );
}

/** A name that no waiver has: of the capsule's and the rule's. */
function freeName(check: string, id: string, { waivers }: TrustStore): string {
  const last = (text: string) => text.split(/[./]/).at(-1)!;
  const base = `${last(id)}-${last(check)}`
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .slice(0, 56);
  const taken = new Set(waivers?.document.waivers.map(({ waiver }) => waiver.id));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** An option that the verification was given, with its value. */
function given(options: readonly string[], name: string): readonly string[] {
  const at = options.indexOf(name);
  return at < 0 ? [] : options.slice(at, at + 2);
}
