import { Failure } from '../../base/diagnostic.ts';
import type { Clock } from '../../base/ports.ts';
import type { LoadedCapsule } from '../../kernel/binding.ts';
import { CALM } from '../../kernel/conditions/conditions.ts';
import { openSession, type RungChoice, type Session } from '../../kernel/session.ts';
import { disturbed, UNDISTURBED } from '../../kernel/timing.ts';
import { auditRung } from '../../sandbox/audit-rung.ts';
import type { Rung } from '../../sandbox/contract.ts';
import { type Divergence, firstDivergence } from '../divergence.ts';
import { fedRung } from '../fed.ts';
import { heldRung } from '../held.ts';
import { reliving } from '../lives.ts';
import { Tape } from '../tape.ts';
import { TIER_RULES } from '../tiers.ts';
import type { Change } from './change.ts';
import { inPortions } from './portions.ts';
import type { Reference } from './reference.ts';

export interface Surroundings {
  readonly cacheDir?: string | undefined;
  readonly clock: Clock;
}

export interface Trial {
  readonly reference: Reference;
  /** The capsule that runs; what the others did is fed back. */
  readonly subject: LoadedCapsule;
  readonly change: Change;
  /** The last frame; all without it. */
  readonly until?: number | undefined;
  /** Stands between the kernel and the sandbox. */
  readonly around?: (rung: Rung) => Rung;
}

/**
 * Runs one capsule over what the reference was given, on the real kernel, and names the first effect that its tier does not allow to
 * differ. @throws Failure VNES5xxx when the sandbox dies or does not start
 */
export async function perform(
  trial: Trial,
  { cacheDir, clock }: Surroundings,
): Promise<Divergence | undefined> {
  const { reference, change, subject } = trial;
  const tape = new Tape();
  const timing = change.timing === undefined ? UNDISTURBED : disturbed(change.timing, clock);
  const rung = rungs(trial, tape, cacheDir);
  const { capsules, network, seed } = reference;
  const conditions = reference.conditions?.() ?? CALM;
  try {
    const session = await openSession({ capsules, network, seed, timing, conditions, cacheDir, rung });
    return await compare(session, tape, trial);
  } catch (error) {
    return refusedToStart(error, subject);
  }
}

function rungs(
  { subject, change, around = rung => rung }: Trial,
  tape: Tape,
  cacheDir: string | undefined,
): RungChoice {
  return ({ manifest, zone, tier }, own) => {
    if (manifest.id !== subject.manifest.id) return reliving(fedRung(tape, own), tape);
    // Refuses a zone that this machine does not offer.
    own();
    const sandbox = auditRung(zone, change.sandbox ?? {}, { cacheDir });
    const portioned = inPortions(around(sandbox), change);
    const { reconcile } = TIER_RULES[tier];
    return reliving(reconcile ? heldRung(portioned, tape, reconcile(manifest)) : portioned, tape);
  };
}

async function compare(
  { kernel, close }: Session,
  tape: Tape,
  { reference, until = Number.POSITIVE_INFINITY }: Trial,
): Promise<Divergence | undefined> {
  try {
    for (const record of reference.frames()) {
      if (record.frame > until) return undefined;
      if (reference.renewed?.has(record.frame)) await kernel.renew();
      tape.turn(record);
      const divergence = firstDivergence(record, await kernel.frame(record.ingress));
      if (divergence) return divergence;
    }
    return undefined;
  } finally {
    await close();
  }
}

const INIT_FAILED = 'VNES6002';

/** It started in the reference. */
function refusedToStart(error: unknown, { manifest }: LoadedCapsule): Divergence {
  if (!(error instanceof Failure) || error.diagnostics[0]?.code !== INIT_FAILED) throw error;
  const { found } = error.diagnostics[0];
  return {
    frame: 0,
    event: 0,
    capsule: manifest.id,
    what: 'init',
    recorded: '"ok"',
    actual: JSON.stringify(found),
  };
}
