import { fail } from '../base/diagnostic.ts';
import { examineGit, type GateOptions, type GateReport } from '../registry/git/gate.ts';
import type { GitSource } from '../registry/git/plan.ts';
import { stands } from '../trust/grade.ts';
import type { Check, Proven } from '../trust/verdict.ts';
import type { Context, OptionValues } from './command.ts';
import { timeOption } from './time-option.ts';
import { trustOptions } from './trust-options.ts';
import { text } from './values.ts';

/** What `verify` found in git. */
export interface FoundInGit extends GateReport {
  /** The refusal of the change as a whole, for outputs that know verdicts only; empty unless it was refused. */
  readonly refusal: readonly Proven[];
}

/** What the options ask for. @throws Failure VNES9006 for options that do not go together. */
export function gateOptions(context: Context, paths: readonly string[], options: OptionValues): GateOptions {
  const source = sourceOf(options);
  const now = timeOption(options) ?? context.ports.clock.now();
  return { source, trust: { ...trustOptions(options), from: text(options['trust-from']), now }, paths };
}

/** Verifies what `--staged`, `--since` or `--tree` names. */
export async function verifyGit(context: Context, asked: GateOptions): Promise<FoundInGit> {
  context.progress('reading git');
  const report = await examineGit(asked, context.ports);
  return { ...report, refusal: refusalOf(report.change) };
}

function refusalOf(checks: readonly Check[]): readonly Proven[] {
  if (checks.every(stands)) return [];
  const walk = { files: [], kept: new Map(), problems: [], imports: [] };
  return [{ walk, verdict: { folder: '.', grade: 'quarantined', admitted: false, signers: [], checks } }];
}

function sourceOf(options: OptionValues): GitSource {
  const [since, tree] = [text(options.since), text(options.tree)];
  const staged = options.staged === true;
  if (staged && (since !== undefined || tree !== undefined))
    return clash('--staged goes with neither --since nor --tree', 'one source');
  if (options.trust !== undefined && options['trust-from'] !== undefined)
    return clash('--trust and --trust-from say two things', 'one of the two');
  if (staged) return { kind: 'staged' };
  if (since !== undefined) return { kind: 'since', revision: since, head: tree ?? 'HEAD' };
  if (tree !== undefined) return { kind: 'tree', revision: tree };
  return clash('--trust-from needs --staged, --since or --tree', 'one of them');
}

function clash(message: string, expected: string): never {
  return fail('VNES9006', message, { expected });
}
