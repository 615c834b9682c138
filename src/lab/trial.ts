import { Failure } from '../base/diagnostic.ts';
import type { Network } from '../kernel/binding.ts';
import { conditionsOf } from '../kernel/conditions/disturbed.ts';
import type { Disturbance } from '../kernel/conditions/kinds.ts';
import type { IngressEvent } from '../kernel/ingress.ts';
import type { Invariants } from '../kernel/invariants/prepare.ts';
import type { RunSettings } from '../kernel/recording.ts';
import { frames, inputOf } from '../kernel/run.ts';
import type { Session } from '../kernel/session.ts';
import { isDue } from '../kernel/snapshot.ts';
import { type Complaint, Listener } from './complaint.ts';

/** What is tried: a network with its instances, and what is asked of it. */
export interface Subject {
  readonly network: Network;
  readonly settings: RunSettings;
  readonly invariants: Invariants;
  readonly session: Session;
}

/** Runs the network from its beginning over an input, under a disturbance, and says what went wrong. Nothing is written. */
export async function tryOut(
  { network, settings, invariants, session }: Subject,
  input: readonly IngressEvent[],
  disturbance: Disturbance | undefined,
): Promise<readonly Complaint[]> {
  const listener = new Listener(invariants);
  const kernel = await session.restart(conditionsOf(disturbance));
  const { epoch, frameIngress, snapshotEvery } = settings;
  const woven = inputOf(input, network, { epoch, ...(disturbance ? { disturbance } : {}) });
  try {
    for await (const record of frames(kernel, woven, frameIngress)) {
      listener.add(record);
      if (isDue(snapshotEvery, kernel.frameCount)) await kernel.renew();
    }
    listener.end();
  } catch (error) {
    if (!(error instanceof Failure) || error.diagnostics[0].code !== 'VNES6003') throw error;
    listener.neverRests(error.diagnostics[0].message);
  }
  return listener.complaints();
}
