import path from 'node:path';
import { type Diagnostic, fail } from '../base/diagnostic.ts';
import { gitFor, runGit } from '../registry/git/command.ts';
import { ownKeys, remediesOf } from '../registry/repair/remedies.ts';
import { type Repaired, repairCapsule } from '../registry/repair/repair.ts';
import { Sources } from '../registry/repair/sources.ts';
import { remediesOfChange } from '../trust/remedy/change.ts';
import type { Remedy, Step } from '../trust/remedy/model.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Proven, Verdict } from '../trust/verdict.ts';
import { verifyCapsule } from '../trust/verify.ts';
import type { Context, OptionValues, Paint } from './command.ts';
import type { FoundInGit } from './gate.ts';
import { escapeLine } from './render/escape.ts';
import { text } from './values.ts';

/** Verdicts about folders, by which refused capsules are helped. */
export interface Refused {
  readonly verdicts: readonly Verdict[];
  readonly proven: readonly Proven[];
  readonly trust: TrustStore;
}

/** The verdicts after what was done, and what there is to say besides. */
export interface Helped extends Refused {
  /** The verdicts as JSON shows them, each refused one with its remedy. */
  readonly data: readonly (Verdict & { readonly remedy?: Remedy })[];
  /** What `--fix` did, and what would turn the refusal of a change as a whole, for JSON. */
  readonly facts: {
    readonly remedy?: Remedy;
    readonly fix?: { readonly dryRun: boolean; readonly capsules: readonly Repaired[] };
  };
  readonly diagnostics: readonly Diagnostic[];
  /** What was done to a capsule and what would admit it; without a verdict, what would turn the change as a whole. */
  readonly lines: (verdict: Verdict | undefined, paint: Paint) => readonly string[];
}

/** @throws Failure VNES9006 for options that do not go together. */
export function refuseClash(options: OptionValues, inGit: boolean): void {
  if (options.fix === true && inGit) {
    fail('VNES9006', '--fix is about folders', {
      expected: 'none of --staged, --since, --tree and --trust-from: what git holds is not changed',
      found: 'one of them',
      help: 'call vnes verify --fix DIR, then git add',
    });
  }
  if (options['dry-run'] === true && options.fix !== true) {
    fail('VNES9006', '--dry-run goes with --fix', {
      expected: '--fix --dry-run',
      found: '--dry-run alone',
    });
  }
}

/** Does what `--fix` asks for, and says what would admit the capsules that are refused. */
export async function helpRefused(
  context: Context,
  refused: Refused,
  options: OptionValues,
): Promise<Helped> {
  const sources = await Sources.open(context.ports);
  try {
    const fix = options.fix === true;
    const dryRun = options['dry-run'] === true;
    const { repaired, ...after } = fix
      ? await repairAll(context, refused, sources, dryRun)
      : untouched(refused);
    const given = optionsAgain(options);
    const { trust } = refused;
    const remedies = await remediesOf(after.verdicts, {
      trust,
      ports: context.ports,
      sources,
      options: given,
    });
    return {
      ...after,
      data: after.verdicts.map(verdict => ({ ...verdict, ...remedyMember(remedies.get(verdict)) })),
      facts: fix ? { fix: { dryRun, capsules: repaired } } : {},
      diagnostics: repaired.flatMap(({ diagnostics }) => diagnostics),
      lines: (verdict, paint) => [
        ...repaired
          .filter(({ folder }) => folder === verdict?.folder)
          .flatMap(each => repairLines(each, dryRun, paint)),
        ...remedyLines(verdict && remedies.get(verdict), paint),
      ],
    };
  } finally {
    sources.close();
  }
}

function untouched(refused: Refused): Refused & { readonly repaired: readonly Repaired[] } {
  return { ...refused, repaired: [] };
}

function remedyMember(remedy: Remedy | undefined): { readonly remedy?: Remedy } {
  return remedy ? { remedy } : {};
}

/** What the verification was given, as `--fix` needs it again. */
export function optionsAgain(options: OptionValues): readonly string[] {
  return ['trust', 'policy', 'waivers', 'now'].flatMap(name => {
    const value = text(options[name]);
    return value === undefined ? [] : [`--${name}`, value];
  });
}

async function repairAll(
  { ports, progress }: Context,
  { verdicts, proven, trust }: Refused,
  sources: Sources,
  dryRun: boolean,
) {
  const repaired: Repaired[] = [];
  const again = new Map<Verdict, Proven>();
  for (const verdict of verdicts.filter(({ admitted }) => !admitted)) {
    progress(`bringing back ${verdict.folder}`);
    const folder = path.resolve(ports.env.cwd, verdict.folder);
    repaired.push(await repairCapsule(folder, verdict, { trust, sources, ports, dryRun }));
    if (!dryRun) again.set(verdict, verifyCapsule(folder, verdict.folder, trust));
  }
  return {
    trust,
    verdicts: verdicts.map(verdict => again.get(verdict)?.verdict ?? verdict),
    proven: proven.map(each => again.get(each.verdict) ?? each),
    repaired,
  };
}

/** What would turn the refusal of a change in git, by capsule and as a whole. */
export async function helpChange(context: Context, git: FoundInGit, options: OptionValues): Promise<Helped> {
  const { ports } = context;
  const shown = await runGit(gitFor(ports), ['rev-parse', '--show-cdup']);
  const top = shown.toString('utf8').replace(/\n$/, '');
  const keys = ownKeys(ports);
  const again = { keys, options: optionsAgain(options), cwd: ports.env.cwd, top };
  const { capsules, change } = remediesOfChange(git, again);
  const verdicts = git.examined.map(({ verdict }) => verdict);
  return {
    verdicts,
    proven: git.examined,
    trust: git.trust,
    data: verdicts.map(verdict => ({ ...verdict, ...remedyMember(capsules.get(verdict)) })),
    facts: remedyMember(change),
    diagnostics: [],
    lines: (verdict, paint) => remedyLines(verdict ? capsules.get(verdict) : change, paint),
  };
}

/** What was done to a capsule, one line each. */
function repairLines({ done }: Repaired, dryRun: boolean, paint: Paint): readonly string[] {
  return done.map(({ did, path: where, detail = '' }) => {
    const what = dryRun ? `would have ${did}` : did;
    return `  ${paint.accent(what)}  ${escapeLine(where)} ${paint.dim(escapeLine(detail))}`.trimEnd();
  });
}

/** The steps that would admit a capsule, as commands to type. */
function remedyLines(remedy: Remedy | undefined, paint: Paint): readonly string[] {
  if (!remedy) return [];
  const { steps, instead = [] } = remedy;
  return [
    `  ${paint.bold('to admit it:')}`,
    ...steps.flatMap(step => stepLines(step, paint)),
    ...(instead.length > 0 ? [`  ${paint.bold('or, if it is meant to be as it is:')}`] : []),
    ...instead.flatMap(step => stepLines(step, paint)),
  ];
}

function stepLines({ commands, does, needs, why }: Step, paint: Paint): readonly string[] {
  const reason = escapeLine(`needs: ${needs}; ${why.join(', ')}`);
  if (commands.length === 0) return [`    ${escapeLine(does)} ${paint.dim(`(${reason})`)}`];
  const typed = commands.map(command => `    ${paint.accent(escapeLine(command))}`);
  return [...typed, `      ${paint.dim(`${escapeLine(does)} (${reason})`)}`];
}
