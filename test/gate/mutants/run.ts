import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Subject } from './capsule.ts';
import { FILE_OPERATORS } from './files.ts';
import { isSame, type Judgement, judge } from './judge.ts';
import { NEUTRAL_OPERATORS } from './neutral.ts';
import type { Mutation, Operator } from './operator.ts';
import { makeOriginals } from './originals.ts';
import { POLICY_OPERATORS } from './policy.ts';
import { Random } from './random.ts';
import { RECEIPT_OPERATORS } from './receipts.ts';
import { ROOT_OPERATORS } from './roots.ts';
import { TRUST_OPERATORS } from './trust.ts';

export const OPERATORS: readonly Operator[] = [
  ...FILE_OPERATORS,
  ...RECEIPT_OPERATORS,
  ...TRUST_OPERATORS,
  ...ROOT_OPERATORS,
  ...POLICY_OPERATORS,
];

export interface Report {
  readonly mutants: number;
  /** Mutants by operator. */
  readonly applied: ReadonlyMap<string, number>;
  /** Mutants by the check or code that refused them. */
  readonly refusedBy: ReadonlyMap<string, number>;
  /** What went wrong, each with the number that makes it again. */
  readonly failures: readonly string[];
  /** Draws that turned out to change nothing that counts: the same statement, files and trust. They are no mutants. */
  readonly neutral: number;
}

/**
 * Makes `count` mutants and has each judged. The operators take turns, and every number stands for one mutant of its own, whatever
 * the count: `only` makes just that one.
 */
export async function runMutants(count: number, seed: string, only?: number): Promise<Report> {
  const run = await Run.start(seed);
  try {
    if (only === undefined) for (let index = 0; index < count; index += 1) await run.one(index);
    else await run.one(only);
    return run.report;
  } finally {
    run.end();
  }
}

/** Every neutral operator on every original: the failures, as sentences. */
export async function runNeutral(seed: string): Promise<string[]> {
  const run = await Run.start(seed);
  try {
    const failures: string[] = [];
    for (const operator of NEUTRAL_OPERATORS) failures.push(...(await run.neutral(operator)));
    return failures;
  } finally {
    run.end();
  }
}

const MOST_TRIES = 200;

class Run {
  readonly report = {
    mutants: 0,
    neutral: 0,
    applied: new Map<string, number>(),
    refusedBy: new Map<string, number>(),
    failures: [] as string[],
  };
  private readonly seed: string;
  private readonly originals: ReturnType<typeof makeOriginals>;
  private readonly scratch = mkdtempSync(path.join(tmpdir(), 'vnes-mutants-'));
  private readonly verdicts: Judgement[] = [];

  private constructor(seed: string) {
    this.seed = seed;
    this.originals = makeOriginals(seed);
  }

  /** @throws when an original is refused: then mutants would prove nothing. */
  static async start(seed: string): Promise<Run> {
    const run = new Run(seed);
    for (const subject of run.originals.subjects) {
      const verdict = await judge(subject, run.scratch);
      if (!verdict.admitted) throw new Error(`an original is refused: ${verdict.because.join(', ')}`);
      run.verdicts.push(verdict);
    }
    return run;
  }

  end(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }

  async one(index: number): Promise<void> {
    const operator = OPERATORS[index % OPERATORS.length]!;
    const mutation = { random: new Random(`${this.seed} ${index}`), originals: this.originals };
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const mutant = this.draw(operator, mutation);
      if (mutant) {
        await this.note(index, operator, mutant);
        return;
      }
    }
    this.report.failures.push(`mutant ${index}: ${operator.name} never gives a mutant`);
  }

  /** A mutant, or undefined for a draw that changes nothing that counts. Some get noise first that changes nothing either. */
  private draw(operator: Operator, mutation: Mutation): Subject | undefined {
    const original = mutation.random.pick(this.originals.subjects);
    const noise = mutation.random.below(4) === 0 ? mutation.random.pick(NEUTRAL_OPERATORS) : undefined;
    const start = noise?.apply(original, mutation) ?? original;
    const mutant = operator.apply(start, mutation);
    if (!mutant) return undefined;
    if (operator.refused || !isSame(original, mutant)) return mutant;
    this.report.neutral += 1;
    return undefined;
  }

  private async note(index: number, { name }: Operator, mutant: Subject): Promise<void> {
    this.report.mutants += 1;
    add(this.report.applied, name);
    try {
      const judgement = await judge(mutant, this.scratch);
      if (judgement.admitted) this.report.failures.push(`mutant ${index} was admitted: ${name}`);
      else for (const reason of judgement.because) add(this.report.refusedBy, reason);
      if (!judgement.admitted && judgement.because.length === 0)
        this.report.failures.push(`mutant ${index} was refused without a reason: ${name}`);
    } catch (error) {
      this.report.failures.push(`mutant ${index} was not judged: ${name}: ${stackOf(error)}`);
    }
  }

  async neutral(operator: Operator): Promise<string[]> {
    const random = new Random(`${this.seed} ${operator.name}`);
    const failures: string[] = [];
    for (const [index, original] of this.originals.subjects.entries()) {
      const changed = operator.apply(original, { random, originals: this.originals });
      if (!changed) continue;
      if (!isSame(original, changed)) failures.push(`${operator.name} is not neutral`);
      const [before, after] = [this.verdicts[index], await judge(changed, this.scratch)];
      if (after.admitted && JSON.stringify(after) !== JSON.stringify(before))
        failures.push(`${operator.name}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`);
    }
    return failures;
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
