import { bind } from '../kernel/binding.ts';
import { prepareInvariants, recordedInvariants } from '../kernel/invariants/prepare.ts';
import { recordedGrades } from '../kernel/quarantine/grades.ts';
import { type RunSettings, writeHeader } from '../kernel/recording.ts';
import { runReport } from '../kernel/report.ts';
import { resultsOf, writeResults } from '../kernel/results.ts';
import { behaviourIn } from '../store/flags.ts';
import { createJournal } from '../store/journal.ts';
import type { FrameRecord, SealRecord } from '../store/record.ts';
import { Fold } from './fold.ts';
import type { Recorded } from './shrink-input.ts';

/** Writes a recording of frames that were put together from another one, with its results. @throws Failure VNES8005, VNES8006 */
export async function writeSmall(
  dir: string,
  settings: RunSettings,
  { header, capsules, boot }: Recorded,
  frames: readonly FrameRecord[],
): Promise<void> {
  const invariants = await prepareInvariants(capsules, recordedInvariants(dir, settings));
  const behaviour = behaviourIn(header.flags);
  const fold = new Fold(await bind(capsules, behaviour), invariants);
  for (const frame of frames) fold.add(frame);
  fold.add(sealOf(fold, frames));
  const journal = createJournal(dir);
  try {
    const ids = frames.some(({ ingress }) => ingress.some(({ id }) => id !== undefined));
    journal.append([
      writeHeader(dir, settings, capsules, behaviour, { ids, machine: header.machine }),
      ...boot,
    ]);
    for (const frame of frames) journal.append([frame]);
    journal.append([fold.seal!]);
  } finally {
    journal.close();
  }
  const { tally, outputs, invariants: verdicts } = fold;
  const outcome = { seal: fold.seal!, head: journal.head, tally, outputs, invariants: verdicts };
  const report = runReport(settings, capsules, outcome, recordedGrades(boot));
  writeResults(dir, resultsOf(outputs, report));
}

function sealOf({ logRoot, state }: Fold, frames: readonly FrameRecord[]): SealRecord {
  const events = frames.reduce((sum, { ingress, published }) => sum + ingress.length + published.length, 0);
  return { type: 'seal', frames: frames.length, events, logRoot, stateRoot: state.root() };
}
