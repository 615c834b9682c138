import path from 'node:path';
import { type Diagnostic, exitOf, fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import { stands, type Totals, totalsOf, totalsText } from '../../trust/grade.ts';
import { loadTrust, type TrustStore } from '../../trust/store.ts';
import { placeOf } from '../../trust/trust-places.ts';
import type { Proven } from '../../trust/verdict.ts';
import { type Check, diagnosticsOf, type Verdict } from '../../trust/verdict.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import type { FoundInGit } from '../gate.ts';
import type { Finish } from '../outputs.ts';
import { startThreads } from '../readers.ts';
import { admittedBy, namesOf, paintGrade, paintResult } from '../render/grades.ts';
import { jobsFor, verifyFolders } from '../threads.ts';
import { TRUST_OPTIONS, trustOptions } from '../trust-options.ts';

export const command: CommandSpec = {
  name: 'verify',
  summary: 'check capsules against their receipts and your trust files',
  arguments: [{ name: 'paths', help: 'capsule folders, or folders to look for capsules in', variadic: true }],
  options: [
    ...TRUST_OPTIONS,
    { name: 'staged', help: 'verify the capsules that staged changes touch, as git would commit them' },
    {
      name: 'since',
      value: 'REV',
      help: 'verify the capsules that HEAD, or --tree, changed since it left REV',
    },
    { name: 'tree', value: 'REV', help: 'verify all capsules of a commit' },
    { name: 'trust-from', value: 'REV', help: 'with these: the commit whose trust file counts' },
    { name: 'fix', help: 'bring refused capsules back to what their signed receipts list' },
    { name: 'dry-run', help: 'with --fix: tell what it would do' },
    { name: 'jobs', short: 'j', value: 'N', help: 'threads to verify on; by default as many as pay' },
    { name: 'explain', help: 'show every check with its evidence' },
    { name: 'format', value: 'FORM', help: 'text, json, sarif, junit, github or summary', default: 'text' },
    { name: 'sarif', value: 'FILE', help: 'also write the findings as SARIF' },
    { name: 'junit', value: 'FILE', help: 'also write the checks as JUnit XML' },
    { name: 'summary', value: 'FILE', help: 'also write a Markdown table' },
    { name: 'proof', value: 'FILE', help: 'also write the proof, for vnes recheck' },
    { name: 'attest', value: 'FILE', help: 'also write a signed verification summary' },
    { name: 'key', short: 'k', value: 'KEY', help: 'key that signs the summary, as sign takes it' },
    { name: 'passphrase-file', value: 'FILE', help: 'passphrase of that key; - reads standard input' },
    { name: 'passphrase-fd', value: 'N', help: 'read it from the open descriptor N' },
    { name: 'quarantine', help: 'also enter the capsules into the quarantine of this folder' },
  ],
  examples: [
    'vnes verify',
    'vnes verify ./capsules --trust vnes.trust.json',
    'vnes verify ./counter --explain',
    'vnes verify --since origin/main',
    'vnes verify --fix ./counter',
  ],
  run: verify,
};

async function verify(context: Context, paths: readonly string[], options: OptionValues): Promise<Result> {
  const asked = GIT.some(name => options[name] !== undefined);
  if (options.fix === true || options['dry-run'] === true)
    (await import('../remedies.ts')).refuseClash(options, asked);
  if (asked && options.quarantine === true) {
    fail('VNES9006', '--quarantine goes with capsules on disk only', {
      expected: 'folders: the quarantine is about what lies there',
      found: 'capsules in git',
    });
  }
  const found = await (asked ? inGit : onDisk)(context, paths, options);
  const { trust, finish, git } = found;
  const keeper = options.quarantine === true ? await keeperOf(context, trust) : undefined;
  keeper?.enter(found.verdicts);
  const help = isRefused(found) ? await helpOf(context, found, options) : undefined;
  const { verdicts, proven } = help ?? found;
  keeper?.enter(verdicts.filter(verdict => !found.verdicts.includes(verdict)));
  const unused = isWhole(context, paths, options, found) ? await unusedIn(trust, verdicts) : [];
  const totals = totalsOf(verdicts);
  const change = git?.change ?? [];
  const refused = totals.failed > 0 || !change.every(stands);
  const explained = options.explain === true;
  const result: Result = {
    data: {
      totals,
      trust: trust.files,
      verdicts: help?.data ?? verdicts,
      ...help?.facts,
      ...gitFacts(git),
    } as unknown as JsonValue,
    // What is wrong with the trust root is one finding, however many capsules it fails.
    diagnostics: [
      ...distinct([...diagnosticsOf(change), ...verdicts.flatMap(({ checks }) => diagnosticsOf(checks))]),
      ...unused,
      ...(help?.diagnostics ?? []),
      ...(keeper?.problems ?? []),
    ],
    exit: refused ? 'negative' : exitOf(keeper?.problems ?? []),
    text: paint =>
      [
        ...verdicts.flatMap(verdict => [
          ...lines(verdict, explained, paint),
          ...(help?.lines(verdict, paint) ?? []),
        ]),
        ...(git ? [...gitLines(git, explained, paint), ...(help?.lines(undefined, paint) ?? [])] : []),
        summary(totals, git),
      ].join('\n'),
  };
  return finish ? finish({ result, proven, trust, git }) : result;
}

/** Each once. They may come from other threads, so what tells them apart is what they say. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map(each => [JSON.stringify(each), each])).values()];
}

/** What was found, wherever the capsules lay. */
interface Found {
  readonly verdicts: readonly Verdict[];
  readonly proven: readonly Proven[];
  readonly trust: TrustStore;
  readonly finish: Finish | undefined;
  readonly git?: FoundInGit | undefined;
}

async function onDisk(context: Context, paths: readonly string[], options: OptionValues): Promise<Found> {
  const { ports } = context;
  const folders = await discoverCapsules(paths.length > 0 ? paths : ['.'], ports.env.cwd);
  const threads = await startThreads(jobsFor(folders.length, options, ports.env));
  const trust = await loadTrust({ ...trustOptions(options), capsules: folders }, ports);
  const finish = asksOutputs(options) ? await outputsOf(context, options, folders) : undefined;
  context.progress(`verifying ${folders.length} capsules`);
  const task = { folders, cwd: ports.env.cwd, walks: finish !== undefined };
  const { verdicts, walks } = await verifyFolders(task, trust, threads);
  const proven = walks.map((walk, at) => ({ verdict: verdicts[at]!, walk }));
  return { verdicts, proven, trust, finish };
}

/** Whether all capsules that a policy and waivers are for were looked at: all of a commit, or of the folder that these lie in. */
function isWhole({ ports }: Context, paths: readonly string[], options: OptionValues, found: Found): boolean {
  const { trust, git } = found;
  const file = trust.policy?.file ?? trust.waivers?.file;
  if (file === undefined || paths.length > 0) return false;
  if (git) return git.facts.source.kind === 'tree';
  const named = options.policy !== undefined || options.waivers !== undefined;
  return named || path.dirname(file) === path.dirname(placeOf(path.join(ports.env.cwd, 'x')));
}

/** What of them nothing needed; loaded only where there are any. */
async function unusedIn(trust: TrustStore, verdicts: readonly Verdict[]) {
  const { unusedNotes } = await import('../../trust/unused.ts');
  return unusedNotes(trust, verdicts);
}

function isRefused({ verdicts, git }: Found): boolean {
  return !verdicts.every(({ admitted }) => admitted) || git?.change.every(stands) === false;
}

/** What enters capsules into the quarantine; loaded only where that is asked for. */
async function keeperOf(context: Context, trust: TrustStore) {
  const { quarantineKeeper } = await import('../quarantine/keeper.ts');
  return quarantineKeeper(context, trust);
}

/** What helps capsules that were refused; loaded only then. */
async function helpOf(context: Context, found: Found, options: OptionValues) {
  const { helpChange, helpRefused } = await import('../remedies.ts');
  return found.git ? helpChange(context, found.git, options) : helpRefused(context, found, options);
}

/** Options that ask for capsules in git; what reads them is loaded only then. */
const GIT = ['staged', 'since', 'tree', 'trust-from'] as const;

async function inGit(context: Context, paths: readonly string[], options: OptionValues): Promise<Found> {
  const { gateOptions, verifyGit } = await import('../gate.ts');
  jobsFor(1, options, context.ports.env);
  const asked = gateOptions(context, paths, options);
  const finish = asksOutputs(options) ? await outputsOf(context, options, []) : undefined;
  const git = await verifyGit(context, asked);
  const { examined: proven, trust } = git;
  return { verdicts: proven.map(({ verdict }) => verdict), proven, trust, finish, git };
}

function gitFacts(git: FoundInGit | undefined) {
  return git ? { source: git.facts.source, removed: git.removed, change: git.change } : {};
}

function gitLines({ removed, change }: FoundInGit, explained: boolean, paint: Paint): readonly string[] {
  const gone = removed.map(({ folder, id, version, movedTo }) => {
    const name = id === undefined ? 'unknown capsule' : `${id}@${version}`;
    return `${paint.warn('removed ')}  ${name}  ${paint.dim(movedTo ? `${folder}, now ${movedTo}` : folder)}`;
  });
  const told = change.filter(({ result }) => explained || result === 'fail');
  return [...gone, ...told.flatMap(check => explain(check, paint))];
}

/** Options that ask for more than text; what they need is loaded only then. */
const OUTPUTS = ['sarif', 'junit', 'summary', 'proof', 'attest'] as const;

function asksOutputs(options: OptionValues): boolean {
  return options.format !== 'text' || OUTPUTS.some(name => options[name] !== undefined);
}

async function outputsOf(context: Context, options: OptionValues, folders: readonly string[]) {
  const { prepareOutputs } = await import('../outputs.ts');
  return prepareOutputs(context, options, folders);
}

function lines(verdict: Verdict, explained: boolean, paint: Paint): readonly string[] {
  const name = verdict.id === undefined ? 'unknown capsule' : `${verdict.id}@${verdict.version}`;
  const proof = verdict.admitted ? admittedBy(verdict) : namesOf(verdict.checks, 'fail').join(', ');
  const word = paintGrade(verdict, paint);
  const line = `${word}  ${name}  ${paint.dim(`${verdict.folder}: ${proof}`)}`;
  return explained ? [line, ...verdict.checks.flatMap(check => explain(check, paint))] : [line];
}

function explain(
  { id, proves, result, evidence = '', checks = [] }: Check,
  paint: Paint,
  indent = '  ',
): readonly string[] {
  return [
    `${indent}${paintResult(result, paint)}  ${id}: ${proves}`,
    `${indent}         ${paint.dim(evidence)}`,
    ...checks.flatMap(part => explain(part, paint, `${indent}  `)),
  ];
}

function summary(totals: Totals, git: FoundInGit | undefined): string {
  const sum = totalsText(totals);
  if (!git) return sum;
  if (totals.discovered + git.removed.length > 0) return `${sum}; ${git.removed.length} removed`;
  const what = git.facts.source.kind === 'staged' ? 'nothing staged' : 'no change';
  return `${sum}; ${what} touches a capsule`;
}
