import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import type { Subject } from '../gate/mutants/capsule.ts';
import { FILE_OPERATORS } from '../gate/mutants/files.ts';
import type { Operator } from '../gate/mutants/operator.ts';
import { makeOriginals, type Originals } from '../gate/mutants/originals.ts';
import { Random } from '../gate/mutants/random.ts';
import { RECEIPT_OPERATORS } from '../gate/mutants/receipts.ts';
import { ROOT_OPERATORS } from '../gate/mutants/roots.ts';
import { TRUST_OPERATORS } from '../gate/mutants/trust.ts';
import { Workshop } from './workshop.ts';

const SEED = 'vnes';
// Every command brings its files to the disk; one in memory does not keep a thousand of them waiting.
const scratch = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vnes-remedy-'));
let originals: Originals;
const repositories = new Map<Subject, Workshop>();

beforeAll(() => {
  originals = makeOriginals(SEED);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What became of the broken capsules of some operators. */
interface Outcome {
  /** Admitted after their commands, and refused after all but one of them. */
  turned: number;
  /** By the kinds of the steps, in order. */
  readonly ways: Map<string, number>;
  /** What somebody has to decide, by the codes. */
  readonly decided: Map<string, string>;
  readonly failures: string[];
}

/** Breaks every original with every operator that applies, once each, and does what the remedy says. */
async function heal(
  operators: readonly Operator[],
  prepare: (subject: Subject, original: Subject) => Workshop,
) {
  const outcome: Outcome = { turned: 0, ways: new Map(), decided: new Map(), failures: [] };
  for (const [index, operator] of operators.entries()) {
    const random = new Random(`${SEED} heal ${index}`);
    const mutation = { random, originals };
    for (let tries = 0; tries < 200; tries += 1) {
      const original = random.pick(originals.subjects);
      const mutant = operator.apply(original, mutation);
      if (!mutant) continue;
      await healOne(operator.name, prepare(mutant, original), outcome);
      break;
    }
  }
  return outcome;
}

async function healOne(name: string, broken: Workshop, outcome: Outcome): Promise<void> {
  const verdict = await broken.judge();
  if (!verdict || verdict.admitted) return broken.remove();
  const steps = verdict.remedy?.steps ?? [];
  const commands = steps.map(step => step.commands);
  const undecided = steps.filter(each => each.commands.length === 0 || each.needs.includes('none of yours'));
  if (undecided.length > 0) {
    for (const { kind, why } of undecided) outcome.decided.set(`${kind} ${why.join(' ')}`, name);
    return broken.remove();
  }
  const way = steps.map(({ kind }) => kind).join(' ');
  outcome.ways.set(way, (outcome.ways.get(way) ?? 0) + 1);
  if (!(await admitted(broken, commands)))
    outcome.failures.push(`${name}: refused after ${commands.join('; ')}`);
  // Without its only step it is as it was: refused.
  for (const left of commands.length > 1 ? commands.keys() : []) {
    const others = commands.filter((_, index) => index !== left);
    if (await admitted(broken, others)) outcome.failures.push(`${name}: ${commands[left]} is not needed`);
  }
  outcome.turned += 1;
  broken.remove();
}

async function admitted(broken: Workshop, commands: readonly (readonly string[])[]): Promise<boolean> {
  const shop = broken.copy();
  try {
    for (const command of commands.flat()) await attempt(() => shop.type(command));
    return (await shop.judge())?.admitted === true;
  } finally {
    shop.remove();
  }
}

/** A command that is refused does nothing; the verdict tells. */
async function attempt(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function bare(subject: Subject): Workshop {
  return Workshop.of(subject, scratch).hold(SEED, 'ada', 'bob');
}

describe('what a remedy says, done, admits a broken capsule; and not without each step', () => {
  test('of files, where nothing is kept anywhere', async () => {
    const { turned, failures, decided, ways } = await heal(FILE_OPERATORS, bare);
    expect(failures).toEqual([]);
    expect(turned).toBeGreaterThan(50);
    // Content that is nowhere, under a name or of a kind that no capsule may hold.
    expect([...decided.keys()].sort()).toEqual(['edit VNES1020', 'edit VNES2020', 'edit VNES2021']);
    expect([...ways.keys()].sort()).toEqual(['edit sign', 'restore', 'sign', 'sign sign']);
  });

  test('of files, where git holds what was signed', async () => {
    const { failures, decided, ways } = await heal(FILE_OPERATORS, committed);
    expect(failures).toEqual([]);
    expect([...decided]).toEqual([]);
    expect([...ways.keys()]).toEqual(['restore']);
  });

  test('of receipts, trust files and trust roots', async () => {
    const operators = [...RECEIPT_OPERATORS, ...TRUST_OPERATORS, ...ROOT_OPERATORS];
    const { turned, failures, decided, ways } = await heal(operators, bare);
    expect(failures).toEqual([]);
    expect(turned).toBeGreaterThan(50);
    // Who is trusted, nobody can take from a command.
    expect([...decided.keys()].sort()).toEqual([
      'sign VNES2011',
      'trust VNES2011',
      'trust VNES2061',
      'trust VNES2062',
      'trust VNES2069',
      'trust VNES3001',
    ]);
    expect([...ways.keys()].sort()).toEqual(['sign', 'sign sign', 'trust trust']);
  });
});

/** The subject broken, in a repository whose commit holds it whole. */
function committed(mutant: Subject, original: Subject): Workshop {
  const shop = bare(mutant);
  const whole = repositories.get(original) ?? Workshop.of(original, scratch).commit();
  repositories.set(original, whole);
  whole.give(shop);
  return shop;
}
