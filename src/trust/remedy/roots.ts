import path from 'node:path';
import type { Code } from '../../base/codes/all.ts';
import { commandLine } from '../../base/shell.ts';
import { withSeat } from '../root/edit.ts';
import { rootKeys } from '../root/keys.ts';
import type { RootTrust, SignedRoot } from '../root/model.ts';
import { tally } from '../root/tally.ts';
import type { TrustStore } from '../store.ts';
import type { RemedyContext, Step } from './model.ts';

/** What has to change about who is trusted, and the trust that there is then. */
export interface TrustChange {
  readonly steps: readonly Step[];
  readonly trust: TrustStore;
  /** Nothing that can be typed leads to a trust that counts. */
  readonly stuck: boolean;
}

/** A change of the root, as `vnes trust` makes it. */
interface Edit {
  readonly words: readonly string[];
  readonly does: string;
  readonly why: Code;
}

/** Days that a renewed root is good for, as `vnes trust rotate` has it by default. */
const DAYS = '365';

export interface TrustNeeds extends Pick<RemedyContext, 'trust' | 'keys' | 'options' | 'cwd'> {
  /** Principals and owners of keys whose signatures are under the receipt. */
  readonly signers: readonly string[];
}

/** The changes that the trust needs before anybody's signature can admit the capsule of this id. */
export function changeOfTrust(id: string | undefined, needs: TrustNeeds): TrustChange {
  const { trust } = needs;
  const { root, problems = [] } = trust;
  const fatal = problems.filter(({ code }) => code !== 'VNES2063');
  const [first] = fatal;
  if (first) return { steps: [decide(first.message, first.help, fatal)], trust, stuck: true };
  if (!root) return { steps: [], trust, stuck: false };
  const edits: Edit[] = problems.length > 0 ? [renewal(needs)] : [];
  const seated = id === undefined ? { edits: [], signed: root.document.signed } : seats(root, id, needs);
  if (!seated) return { steps: [nobodyAble(root, id!)], trust, stuck: true };
  const all = [...edits, ...seated.edits];
  if (all.length === 0) return { steps: [], trust, stuck: false };
  return { steps: signedBy(all, root, needs), trust: afterwards(trust, root, seated.signed), stuck: false };
}

function decide(
  message: string,
  help: string | undefined,
  problems: readonly { readonly code: Code }[],
): Step {
  return {
    kind: 'trust',
    does:
      help === undefined ? `decide who is to be trusted: ${message}` : `decide who is to be trusted: ${help}`,
    commands: [],
    needs: 'somebody who knows the true trust file',
    automatic: false,
    why: [...new Set(problems.map(({ code }) => code))],
  };
}

function renewal({ options = [] }: TrustNeeds): Edit {
  return {
    words: ['vnes', 'trust', 'rotate', '--days', DAYS, ...timeOf(options)],
    does: 'renews the trust root',
    why: 'VNES2063',
  };
}

/** Seats for principals where a role has too few who could sign. Undefined when there is nobody left to take one. */
function seats(
  { document }: RootTrust,
  id: string,
  needs: TrustNeeds,
): { readonly edits: readonly Edit[]; readonly signed: SignedRoot } | undefined {
  let { signed } = document;
  const edits: Edit[] = [];
  for (const role of (['build', 'deploy'] as const).filter(each => signed.require.includes(each))) {
    const { delegation, candidates, missing } = tally(signed, role, id, []);
    const lacking = missing - candidates.length;
    if (lacking <= 0) continue;
    const others = able(signed, needs).filter(name => !delegation?.principals.includes(name));
    const chosen = others.slice(0, lacking);
    if (chosen.length < lacking) return undefined;
    const namespace = delegation?.namespace ?? id;
    signed = withSeat(signed, chosen, { role, namespace }, undefined);
    const seat = ['--role', role, '--namespace', namespace, ...(delegation ? [] : ['--threshold', '1'])];
    edits.push({
      words: ['vnes', 'trust', 'add', ...chosen, ...seat, ...timeOf(needs.options ?? [])],
      does: `lets ${chosen.join(', ')} ${role} ${namespace}`,
      why: delegation ? 'VNES2065' : 'VNES2066',
    });
  }
  return { edits, signed };
}

/** Principals with keys: who signed first, then those whose keys are at hand. */
function able({ principals }: SignedRoot, { signers, keys }: TrustNeeds): readonly string[] {
  const rank = ({ name, keys: theirs }: SignedRoot['principals'][number]) =>
    signers.includes(name) ? 0 : theirs.some(key => keys?.has(key)) ? 1 : 2;
  return principals
    .filter(({ keys: theirs }) => theirs.length > 0)
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ name }) => name);
}

function nobodyAble({ document }: RootTrust, id: string): Step {
  return {
    kind: 'trust',
    does: `decide who may sign ${id}, and make them principals: vnes trust add NAME --public KEY`,
    commands: [],
    needs: `root principals: ${document.signed.root.principals.join(', ')}`,
    automatic: false,
    why: ['VNES2065'],
  };
}

/** The edits, and the signatures of the fewest root principals under them: the first signs with the last edit. */
function signedBy(edits: readonly Edit[], root: RootTrust, needs: TrustNeeds): readonly Step[] {
  const { signed } = root.document;
  const electors = able(signed, { ...needs, signers: [] }).filter(name =>
    signed.root.principals.includes(name),
  );
  const [first, ...more] = electors.slice(0, signed.root.threshold);
  const at = rootOption(root, needs);
  const key = (name = '') => ['--key', keyName(name, signed, needs)];
  const whose = (name = '') => keyOf(name, keysOf(name, signed), needs.keys);
  const last = edits.length - 1;
  return [
    ...edits.map(({ words, does, why }, index) =>
      step(
        does,
        [...words, ...at, ...(index === last ? key(first) : [])],
        index === last ? whose(first) : undefined,
        why,
      ),
    ),
    ...more.map(name =>
      step(
        'signs the new version of the trust root',
        [...['vnes', 'trust', 'sign', ...at, ...key(name), ...timeOf(needs.options ?? [])]],
        whose(name),
        edits[last]!.why,
      ),
    ),
  ];
}

function step(does: string, words: readonly string[], whose: string | undefined, why: Code): Step {
  const needs = whose === undefined ? 'nothing' : `${whose}; a root principal`;
  return { kind: 'trust', does, commands: [commandLine(words)], needs, automatic: false, why: [why] };
}

/** Whose key a signature takes, in words. */
export function keyOf(name: string, theirs: readonly string[], keys: RemedyContext['keys']): string {
  const away = keys !== undefined && !theirs.some(key => keys.has(key));
  return `the key of ${name}${away ? ', which is none of yours' : ''}`;
}

/** What `--key` takes for a principal: the name of the user's own key, where it is one of theirs. */
export function keyName(
  principal: string,
  { principals }: Pick<SignedRoot, 'principals'>,
  { keys }: Pick<RemedyContext, 'keys'>,
): string {
  return keysOf(principal, { principals }).flatMap(key => keys?.get(key) ?? [])[0] ?? principal;
}

/** The public keys of a principal, in base64. */
export function keysOf(principal: string, { principals }: Pick<SignedRoot, 'principals'>): readonly string[] {
  return principals.find(({ name }) => name === principal)?.keys ?? [];
}

/** A root that came from a commit has no path. */
export function rootOption({ file }: RootTrust, { cwd }: Pick<RemedyContext, 'cwd'>): readonly string[] {
  if (!path.isAbsolute(file)) return [];
  const below = cwd === undefined ? file : path.relative(cwd, file);
  return ['--root', below.startsWith('..') ? file : below];
}

function timeOf(options: readonly string[]): readonly string[] {
  const at = options.indexOf('--now');
  return at < 0 ? [] : options.slice(at, at + 2);
}

function afterwards(trust: TrustStore, root: RootTrust, signed: SignedRoot): TrustStore {
  const document = { ...root.document, signed };
  return { ...trust, root: { ...root, document, problems: [] }, problems: [], keys: rootKeys(signed) };
}
