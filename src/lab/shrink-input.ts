import { fail } from '../base/diagnostic.ts';
import type { LoadedCapsule } from '../kernel/binding.ts';
import type { IngressEvent } from '../kernel/ingress.ts';
import type { InvariantsFile } from '../kernel/invariants/prepare.ts';
import { refuseImpossible } from '../kernel/recorded.ts';
import { knownZone, type RunSettings, readCapsules, recordedDisturbance } from '../kernel/recording.ts';
import { headersOf, readJournal } from '../store/read.ts';
import type { BootRecord, HeaderRecord } from '../store/record.ts';
import type { Complaint } from './complaint.ts';
import { refuseCompacted } from './open.ts';

export interface ShrinkRequest {
  readonly dir: string;
  /** An empty folder for the small recording. */
  readonly target: () => string;
  /** Name of the invariant, or id of the capsule, that the small recording must show; otherwise what the recording shows first. */
  readonly about?: string | undefined;
  readonly invariants?: InvariantsFile | undefined;
  readonly cacheDir?: string | undefined;
  readonly weaker?: boolean | undefined;
  readonly onTry?: (tries: number, left: number) => void;
}

export interface Shrunk {
  /** What the small recording shows. */
  readonly shows: Complaint | { readonly about: 'divergence'; readonly name: string; readonly found: string };
  /** Input events of the recording, and those that are left. */
  readonly from: number;
  readonly to: number;
  readonly tries: number;
  readonly proven: boolean;
  readonly dir: string;
}

/** More tries than this would keep one waiting; what is left then is small, and not proven to be the smallest. */
export const MOST_TRIES = 10_000;

/** What a recording was made of, and the input that it was given. */
export interface Recorded {
  readonly header: HeaderRecord;
  readonly capsules: readonly LoadedCapsule[];
  /** What came before the first frame. */
  readonly boot: readonly BootRecord[];
  readonly input: readonly IngressEvent[];
}

/** Everything that a small recording is made of. @throws Failure VNES7014 for a compacted one, VNES8206 for a branch, VNES8102 */
export function recordedIn(dir: string): Recorded {
  refuseCompacted(dir);
  const headers = [...headersOf(dir)];
  const { header, dir: owner } = headers.at(-1)!;
  if (headers.length > 1)
    fail('VNES8206', 'a branch goes on from another recording, and nothing can be left out of that', {
      place: { file: dir },
      expected: 'a recording that begins by itself',
      found: `${headers.length} recordings in a row`,
      help: 'run the capsules of the branch over the whole input, and make that recording small',
    });
  const capsules = readCapsules(owner, header);
  refuseImpossible(owner, header, capsules);
  const boot: BootRecord[] = [];
  const input: IngressEvent[] = [];
  let begun = false;
  for (const { record } of readJournal(dir)) {
    if (record.type === 'boot' && !begun) boot.push(record);
    if (record.type !== 'frame') continue;
    begun = true;
    for (const { topic, time, key, payload, source, id } of record.ingress)
      if (source === 'ingress')
        input.push({ topic, time, key, payload, source, ...(id === undefined ? {} : { id }) });
  }
  return { header, capsules, boot, input };
}

/** What decided the run. Its input is recorded as it came, by clocks that were skewed already. */
export function settingsIn(header: HeaderRecord, more: InvariantsFile | undefined): RunSettings {
  const { seed, epoch, frameIngress, snapshotEvery, invariants = [] } = header;
  const disturbance = recordedDisturbance(header);
  const kinds = disturbance?.kinds.filter(kind => kind !== 'skew') ?? [];
  const stated = [...invariants, ...(more?.invariants ?? [])];
  return {
    ...{ seed, epoch, frameIngress, zone: knownZone('the run', header.zone) },
    ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
    ...(stated.length > 0 ? { invariants: stated } : {}),
    ...(disturbance ? { disturbance: { seed: disturbance.seed, kinds } } : {}),
  };
}
