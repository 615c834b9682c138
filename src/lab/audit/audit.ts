import { Failure, fail } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { compareCodeUnits } from '../../base/order.ts';
import { capsuleName } from '../../capsule/manifest.ts';
import type { Tier } from '../../capsule/tier.ts';
import type { LoadedCapsule } from '../../kernel/binding.ts';
import { type OutcomeCounts, Tally } from '../../kernel/tally.ts';
import { type Change, together } from './change.ts';
import { perform, type Surroundings } from './perform.ts';
import { concerned, type Perturbation } from './perturbations.ts';
import type { Reference } from './reference.ts';
import { describe, placesOf, type Witness } from './witness.ts';

/**
 * `granted`: nothing that was changed had an effect beyond what the tier allows. `held`: something had, but only what the sandbox pins,
 * so that recordings replay for as long as it does. `refuted`: the capsule does not keep its promise even here.
 */
export type AuditVerdict = 'granted' | 'held' | 'refuted';

export interface AuditRequest extends Surroundings {
  readonly reference: Reference;
  /** Id of the capsule that is audited. */
  readonly id: string;
  /** How often each perturbation is tried, with other values each time. */
  readonly rounds: number;
  /** Names of the perturbations to try; all without it. */
  readonly only?: readonly string[] | undefined;
  /** Tries everything at once first, and each alone only when that made a difference. */
  readonly atOnce?: boolean | undefined;
  /** Leaves out to look for the line of what differs, which takes up to four runs more. */
  readonly briefly?: boolean | undefined;
  /** Told before each run. */
  readonly onRun?: (what: string) => void;
}

/** One perturbation, and what it did. */
export interface Probe {
  readonly name: string;
  readonly what: string;
  readonly held: boolean;
  readonly help: string;
  readonly witness?: Witness;
}

export interface Audit {
  readonly capsule: { readonly id: string; readonly version: string; readonly tree: Digest };
  readonly tier: Tier;
  readonly verdict: AuditVerdict;
  /** Runs besides the one that they are held against. */
  readonly runs: number;
  /** What the capsule was given in each of them. */
  readonly deliveries: OutcomeCounts;
  readonly probes: readonly Probe[];
}

/**
 * Grants or refutes the tier that a capsule declares, by running it again and again over the same input while everything is changed that
 * its effects must not depend on.
 * @throws Failure VNES8105 when nothing would be proven, VNES8106 for an unknown perturbation, VNES5xxx when a sandbox dies
 */
export async function audit(request: AuditRequest): Promise<Audit> {
  const subject = subjectOf(request);
  const deliveries = deliveriesOf(request, subject);
  const asked = selected(request, subject);
  let runs = 0;
  const onRun = (what: string) => {
    runs += 1;
    request.onRun?.(what);
  };
  const tried = request.atOnce ? allAtOnce : eachAlone;
  const probes = await tried(asked, subject, { ...request, onRun });
  const { manifest, tree, tier } = subject;
  const capsule = { id: manifest.id, version: manifest.version, tree };
  return { capsule, tier, verdict: verdictOf(probes), runs, deliveries, probes };
}

function subjectOf({ reference, id }: AuditRequest): LoadedCapsule {
  const ids = reference.capsules.map(({ manifest }) => manifest.id).sort(compareCodeUnits);
  const subject = reference.capsules.find(({ manifest }) => manifest.id === id);
  if (!subject) return nothing(`${id} takes no part in what it is to be held against`, ids.join(', '), id);
  if (subject.tier !== 'NX_experimental') return subject;
  return nothing(`${id} promises nothing`, 'a tier of D0, D1 or D2', 'NX_experimental');
}

/** What came of the capsule's deliveries. Where none went well, nothing is known about its effects. */
function deliveriesOf({ reference }: AuditRequest, { manifest }: LoadedCapsule): OutcomeCounts {
  const tally = new Tally();
  for (const frame of reference.frames()) tally.add(frame);
  const { deliveries, firstFailure } = tally.of(manifest.id);
  if (deliveries.ok > 0) return deliveries;
  return nothing(
    `no delivery to ${manifest.id} went well, so there are no effects to compare`,
    'input that the capsule takes',
    firstFailure ? `${firstFailure.outcome}: ${firstFailure.message}` : 'no deliveries',
  );
}

function nothing(message: string, expected: string, found: string): never {
  return fail('VNES8105', message, {
    expected,
    found,
    help: 'give it input of its own, --input FILE, or a recording of it, --recording DIR',
  });
}

/** @throws Failure VNES8106 */
function selected({ only }: AuditRequest, subject: LoadedCapsule): readonly Perturbation[] {
  const all = concerned(subject);
  const names = all.map(({ name }) => name);
  const unknown = only?.find(name => !names.includes(name));
  if (unknown !== undefined)
    fail(
      'VNES8106',
      `there is no perturbation ${JSON.stringify(unknown)} of ${capsuleName(subject.manifest)}`,
      {
        expected: names.join(', '),
        found: unknown,
      },
    );
  return all.filter(({ name }) => only?.includes(name) ?? true);
}

async function eachAlone(
  asked: readonly Perturbation[],
  subject: LoadedCapsule,
  request: AuditRequest,
): Promise<readonly Probe[]> {
  const probes: Probe[] = [];
  for (const perturbation of asked)
    probes.push(await probe(perturbation, changesOf(perturbation, request), subject, request));
  return probes;
}

/** The first changes of all together, then the second ones, and so on. */
async function allAtOnce(
  asked: readonly Perturbation[],
  subject: LoadedCapsule,
  request: AuditRequest,
): Promise<readonly Probe[]> {
  const [apart, joined] = [asked.filter(({ alone }) => alone), asked.filter(({ alone }) => !alone)];
  const lists = joined.map(perturbation => changesOf(perturbation, request));
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const waves = Array.from({ length: longest }, (_, at) => together(lists.flatMap(list => list[at] ?? [])));
  const everything = { ...EVERYTHING, held: joined.every(({ held }) => held) };
  const all = await probe(everything, waves, subject, request);
  const rest = await eachAlone(apart, subject, request);
  if (!all.witness) return [...joined.map(plain), ...rest];
  const found = await eachAlone(joined, subject, request);
  return found.some(({ witness }) => witness) ? [...found, ...rest] : [...found, all, ...rest];
}

const EVERYTHING: Omit<Perturbation, 'changes'> = {
  name: 'everything',
  what: 'several of these at once, and on none of them alone',
  held: true,
  help: 'look at what the effect is made of',
};

function changesOf({ changes }: Perturbation, { rounds }: AuditRequest): readonly Change[] {
  return Array.from({ length: rounds }, (_, round) => changes(round)).flat();
}

/** Runs until a change makes a difference. */
async function probe(
  perturbation: Omit<Perturbation, 'changes'>,
  changes: readonly Change[],
  subject: LoadedCapsule,
  request: AuditRequest,
): Promise<Probe> {
  const { reference, onRun } = request;
  for (const change of changes) {
    onRun?.(perturbation.name);
    const trial = { reference, subject, change };
    const divergence = await perform(trial, request).catch((error: unknown) => brokeOff(error, perturbation));
    if (!divergence) continue;
    const witness = describe(divergence);
    const places = request.briefly ? {} : await placesOf(divergence, trial, request);
    return { ...plain(perturbation), witness: { ...witness, ...places } };
  }
  return plain(perturbation);
}

/** A sandbox that died says nothing about the capsule, so nothing is concluded. */
function brokeOff(error: unknown, { name }: Omit<Perturbation, 'changes'>): never {
  if (!(error instanceof Failure)) throw error;
  const [first, ...more] = error.diagnostics;
  throw new Failure({ ...first!, message: `${first!.message} (in a run for ${name})` }, ...more);
}

function plain({ name, what, held, help }: Omit<Perturbation, 'changes'>): Probe {
  return { name, what, held, help };
}

function verdictOf(probes: readonly Probe[]): AuditVerdict {
  const found = probes.filter(({ witness }) => witness);
  if (found.length === 0) return 'granted';
  return found.every(({ held }) => held) ? 'held' : 'refuted';
}
