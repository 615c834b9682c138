import path from 'node:path';
import { type Diagnostic, diagnose, fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { parseUtc } from '../../base/time.ts';
import { walkCapsule } from '../../capsule/walk.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import { compareFacts } from '../../trust/change/compare.ts';
import type { GitFacts } from '../../trust/change/facts.ts';
import { stands, type Totals, totalsOf, totalsText } from '../../trust/grade.ts';
import { type Proof, parseProof } from '../../trust/parse-proof.ts';
import { isEmpty, recheckProof } from '../../trust/recheck.ts';
import { compareWithDisk } from '../../trust/recheck-disk.ts';
import { compareTrust } from '../../trust/recheck-trust.ts';
import { loadTrust, type TrustStore } from '../../trust/store.ts';
import type { Check, Verdict } from '../../trust/verdict.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { readNamed } from '../files.ts';
import { paintGrade, paintResult } from '../render/grades.ts';
import { trustOptions } from '../trust-options.ts';

export const command: CommandSpec = {
  name: 'recheck',
  summary: 'decide a proof of verify again, from the proof alone',
  arguments: [
    { name: 'proof', help: 'file that verify --proof wrote; - reads standard input', required: true },
  ],
  options: [
    { name: 'trust', value: 'FILE', help: 'and hold whom it trusts against this trust file' },
    { name: 'capsules', value: 'DIR', help: 'and compare it with every capsule in DIR', multiple: true },
    { name: 'git', help: 'and gather again from the repository here what it states' },
    { name: 'policy', value: 'FILE', help: 'with these: policy in place of the one beside the trust file' },
    { name: 'waivers', value: 'FILE', help: 'with these: waivers in place of those beside the trust file' },
  ],
  examples: [
    'vnes recheck proof.json',
    'vnes recheck proof.json --trust vnes.trust.json --capsules ./capsules',
    'vnes recheck proof.json --git',
  ],
  run: recheck,
};

/** Positive only when the proof holds, and everything in it was admitted. */
async function recheck(context: Context, [named]: readonly string[], options: OptionValues): Promise<Result> {
  const { name, bytes } = await readNamed(context, named!);
  const proof = await parseProof(bytes, name);
  const { verdicts, change, removed, diagnostics } = recheckProof(proof, name);
  const folders = Array.isArray(options.capsules) ? (options.capsules as readonly string[]) : undefined;
  const moved = folders ? await onDisk(context, proof, folders, name) : [];
  const compare = options.git === true ? inGit : otherTrust;
  const empty = options.git === true ? [] : emptiness(proof, name);
  const found = [...diagnostics, ...empty, ...(await compare(context, proof, options, name)), ...moved];
  const unchecked = uncheckedIn(proof, options);
  const holds = found.length === 0;
  const totals = totalsOf(verdicts);
  return {
    data: {
      holds,
      unchecked: unchecked.map(({ what }) => what),
      totals,
      trust: whom(proof.trust),
      verdicts,
      ...(proof.facts ? { source: proof.facts.source, removed, change } : {}),
    } as unknown as JsonValue,
    diagnostics: found,
    exit: holds && totals.failed === 0 && change.every(stands) ? 'ok' : 'negative',
    text: paint =>
      [
        ...verdicts.map(verdict => line(verdict, paint)),
        ...change.filter(check => !stands(check)).map(check => refusal(check, paint)),
        ...(proof.facts ? [paint.dim(sourceText(proof.facts))] : []),
        paint.dim(
          `under ${whom(proof.trust)}${proof.document.time === null ? '' : `, at ${proof.document.time}`}`,
        ),
        ...unchecked.map(({ told, option }) => paint.dim(`not checked: ${told} (${option})`)),
        summary(holds, totals, paint),
      ].join('\n'),
  };
}

/** A change of which nothing is told is not shown to touch no capsule. */
function emptiness(proof: Proof, file: string): Diagnostic[] {
  if (!isEmpty(proof)) return [];
  return [
    diagnose('VNES2707', 'the proof names no capsule, so it shows nothing by itself', {
      place: { file, pointer: '/capsules' },
      expected: 'the repository, which alone can show that the change touches no capsule',
      found: 'a proof without any, before the change and after it',
      help: 'vnes recheck proof.json --git',
    }),
  ];
}

/** Something that a proof says, and that follows from nothing in it. */
interface Unchecked {
  readonly what: 'trust' | 'change' | 'files';
  readonly told: string;
  /** The option that has it held against something else. */
  readonly option: string;
}

const TRUST: Unchecked = { what: 'trust', told: 'whether those deserve it', option: '--trust FILE' };
const FILES: Unchecked = { what: 'files', told: 'whether these files lie there', option: '--capsules DIR' };
const CHANGE: Unchecked = {
  what: 'change',
  told: 'whether that is all that lies in git, and nothing is left out',
  option: '--git',
};

/** What of a proof was taken at its word. */
function uncheckedIn({ facts }: Proof, { trust, git, capsules }: OptionValues): readonly Unchecked[] {
  const gathered = git === true;
  return [
    ...(trust === undefined && !gathered ? [TRUST] : []),
    ...(facts && !gathered ? [CHANGE] : []),
    ...(!facts && capsules === undefined ? [FILES] : []),
  ];
}

async function otherTrust(context: Context, proof: Proof, options: OptionValues, name: string) {
  if (options.trust === undefined) return [];
  const { time } = proof.document;
  const now = time === null ? undefined : parseUtc(time);
  const own = await loadTrust({ ...trustOptions(options), capsules: [], now }, context.ports);
  return compareTrust(proof.trust, own, name);
}

/** What the repository shows now, and whom it trusts. */
async function inGit({ ports }: Context, proof: Proof, options: OptionValues, name: string) {
  const { facts } = proof;
  if (!facts) {
    return fail('VNES9006', '--git is for proofs of what lies in git', {
      expected: 'a proof of verify --staged, --since or --tree',
      found: 'a proof of folders',
      help: 'vnes recheck proof.json --capsules DIR',
    });
  }
  const { gatherAgain } = await import('../../registry/git/gather-again.ts');
  const { time } = proof.document;
  const now = (time === null ? undefined : parseUtc(time)) ?? ports.clock.now();
  const again = await gatherAgain(facts, { ...trustOptions(options), now }, ports);
  return [...compareTrust(proof.trust, again.trust, name), ...compareFacts(facts, again.facts, name)];
}

async function onDisk({ ports }: Context, proof: Proof, folders: readonly string[], file: string) {
  const { cwd } = ports.env;
  const found = await discoverCapsules(folders, cwd);
  const walked = found.map(folder => ({
    folder,
    walk: walkCapsule(path.resolve(cwd, folder), { shownAs: folder }),
  }));
  return compareWithDisk(proof.capsules, walked, file);
}

/** A proof may trust anybody, and ask for anything; its reader has to know whom and what. */
function whom({ root, keys, policy }: TrustStore): string {
  const asked =
    policy?.digest === undefined ? '' : `, and the policy ${policy.digest} (${SOURCES[policy.source]})`;
  if (root) return `version ${root.document.signed.version} of the trust root ${root.id}${asked}`;
  const each = keys.map(({ name, key, namespaces }) => `${name} ${key.base64} (${namespaces.join(', ')})`);
  return `the keys ${each.join('; ') || 'of nobody'}${asked}`;
}

const SOURCES = { root: 'pinned by it', option: 'named by --policy', unpinned: 'pinned by nobody' } as const;

function line(verdict: Verdict, paint: Paint): string {
  const { id, version, folder } = verdict;
  const name = id === undefined ? 'unknown capsule' : `${id}@${version}`;
  return `${paintGrade(verdict, paint)}  ${name}  ${paint.dim(folder)}`;
}

function refusal({ result, id, proves }: Check, paint: Paint): string {
  return `${paintResult(result, paint)}  ${id}: ${proves}`;
}

function sourceText({ source: { kind, base, commit }, paths }: GitFacts): string {
  const within = paths.length === 0 ? '' : `, in ${paths.join(', ')} only`;
  return `--${kind}: ${base === null ? '' : `${base}..`}${commit ?? 'the index'}${within}`;
}

function summary(holds: boolean, totals: Totals, paint: Paint): string {
  const word = holds ? paint.good('the proof holds') : paint.bad('the proof does not hold');
  return `${word}: ${totalsText(totals)}`;
}
