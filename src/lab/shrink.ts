import { fail } from '../base/diagnostic.ts';
import { bind } from '../kernel/binding.ts';
import type { Disturbance } from '../kernel/conditions/kinds.ts';
import type { IngressEvent } from '../kernel/ingress.ts';
import { prepareInvariants, recordedInvariants } from '../kernel/invariants/prepare.ts';
import { recordedGrades } from '../kernel/quarantine/grades.ts';
import { openSession } from '../kernel/session.ts';
import { UNDISTURBED } from '../kernel/timing.ts';
import { behaviourIn } from '../store/flags.ts';
import { readJournal } from '../store/read.ts';
import { bootAgain } from './boot-again.ts';
import { type Complaint, Listener, sameness } from './complaint.ts';
import { ddmin, type Minimum } from './ddmin.ts';
import { recordEvidence } from './evidence.ts';
import { refuseUnsealed } from './open.ts';
import { shrinkDivergence } from './shrink-divergence.ts';
import {
  MOST_TRIES,
  type Recorded,
  recordedIn,
  type ShrinkRequest,
  type Shrunk,
  settingsIn,
} from './shrink-input.ts';
import { type Subject, tryOut } from './trial.ts';

/**
 * Makes a recording in which something goes wrong as small as it gets: the fewest input events with which the same invariant breaks, the
 * same capsule ends in the same trap, or the replay diverges in the same way. Executes the recorded code on the real kernel.
 * @throws Failure VNES8205 when nothing goes wrong, VNES8206 when it cannot be shown again, VNES80xx for a bad recording.
 */
export async function shrink(request: ShrinkRequest): Promise<Shrunk> {
  const { dir } = request;
  refuseUnsealed(dir);
  const recorded = recordedIn(dir);
  const complaint = await chosen(request, recorded);
  if (!complaint) return shrinkDivergence(request, recorded);
  const { header, capsules, input } = recorded;
  const settings = settingsIn(header, request.invariants);
  const { disturbance } = settings;
  const network = await bind(capsules, behaviourIn(header.flags));
  const invariants = await invariantsOf(request, recorded);
  const { cacheDir, weaker } = request;
  const session = await openSession({
    ...{ capsules, network, seed: header.seed, timing: UNDISTURBED, cacheDir, weaker },
  });
  try {
    const subject = { network, settings, invariants, session };
    const minimum = await search(subject, input, { complaint, disturbance, dir }, request);
    const target = request.target();
    const booted = bootAgain(recorded.boot, capsules);
    const grades = recordedGrades(recorded.boot);
    const given = { dir: target, booted, network, settings, invariants, grades, complaint, cacheDir, weaker };
    await recordEvidence({ ...given, input: minimum.items });
    const { items, tries, proven } = minimum;
    return { shows: complaint, from: input.length, to: items.length, tries, proven, dir: target };
  } finally {
    await session.close();
  }
}

function invariantsOf({ dir, invariants }: ShrinkRequest, { header, capsules }: Recorded) {
  return prepareInvariants(capsules, recordedInvariants(dir, header), ...(invariants ? [invariants] : []));
}

/** What goes wrong in the recording that is to be shown; undefined when nothing does. @throws Failure VNES8205 */
async function chosen(request: ShrinkRequest, recorded: Recorded): Promise<Complaint | undefined> {
  const { dir, about } = request;
  const listener = new Listener(await invariantsOf(request, recorded));
  for (const { record } of readJournal(dir)) if (record.type === 'frame') listener.add(record);
  listener.end();
  const complaints = listener.complaints();
  if (about === undefined) return complaints[0];
  return (
    complaints.find(({ name }) => name === about) ??
    fail('VNES8205', `nothing goes wrong with ${about} in this recording`, {
      place: { file: dir },
      expected: complaints.map(({ name }) => name).join(', ') || 'something that goes wrong',
      found: about,
    })
  );
}

interface Sought {
  readonly dir: string;
  readonly complaint: Complaint;
  readonly disturbance: Disturbance | undefined;
}

async function search(
  subject: Subject,
  input: readonly IngressEvent[],
  { dir, complaint, disturbance }: Sought,
  { onTry }: ShrinkRequest,
): Promise<Minimum<IngressEvent>> {
  const wanted = sameness(complaint);
  let tries = 0;
  const shows = async (some: readonly IngressEvent[]) => {
    tries += 1;
    onTry?.(tries, some.length);
    const found = await tryOut(subject, some, disturbance);
    return found.some(each => sameness(each) === wanted);
  };
  if (!(await shows(input))) unshown(dir, complaint);
  return ddmin(input, shows, MOST_TRIES);
}

function unshown(dir: string, { name, found }: Complaint): never {
  fail('VNES8206', `${name} does not go wrong again when the input is run once more`, {
    place: { file: dir },
    expected: found,
    found: 'nothing of the kind',
    help: `see whether the recording replays: vnes replay ${dir}`,
  });
}
