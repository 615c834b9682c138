import type { Network } from '../kernel/binding.ts';
import type { IngressEvent } from '../kernel/ingress.ts';
import type { Invariants } from '../kernel/invariants/prepare.ts';
import type { Grades } from '../kernel/quarantine/grades.ts';
import type { RunSettings } from '../kernel/recording.ts';
import { runReport } from '../kernel/report.ts';
import { resultsOf, writeResults } from '../kernel/results.ts';
import { type Loaded, type RunOutcome, run } from '../kernel/run.ts';
import { UNDISTURBED } from '../kernel/timing.ts';
import { type Complaint, Listener, sameness } from './complaint.ts';

export interface EvidenceRequest {
  /** An empty folder. */
  readonly dir: string;
  readonly booted: Loaded;
  readonly network: Network;
  /** With the disturbance that they are to be recorded under, if any. */
  readonly settings: RunSettings;
  readonly invariants: Invariants;
  readonly input: readonly IngressEvent[];
  readonly grades: Grades;
  /** What the recording must show. */
  readonly complaint: Complaint;
  readonly cacheDir?: string | undefined;
  readonly weaker?: boolean | undefined;
}

/**
 * Records a run that was found to go wrong. That it does so again is checked: a recording that shows nothing would be worse than none.
 * @throws Failure VNES5xxx, VNES8005
 */
export async function recordEvidence(request: EvidenceRequest): Promise<RunOutcome> {
  const { dir, settings, booted, grades, invariants, complaint, ...given } = request;
  const listener = new Listener(invariants);
  const onFrame = (record: Parameters<Listener['add']>[0]) => listener.add(record);
  const outcome = await run({ dir, settings, booted, invariants, timing: UNDISTURBED, onFrame, ...given });
  listener.end();
  if (!listener.complaints().some(each => sameness(each) === sameness(complaint)))
    throw new Error(`the lab could not reproduce ${sameness(complaint)}`);
  writeResults(dir, resultsOf(outcome.outputs, runReport(settings, booted.capsules, outcome, grades)));
  return outcome;
}
