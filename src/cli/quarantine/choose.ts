import { type Diagnostic, fail } from '../../base/diagnostic.ts';
import type { CapsuleRecord } from '../../kernel/quarantine/model.ts';
import { listRecords } from '../../kernel/quarantine/read.ts';
import type { Place } from '../../kernel/quarantine/release.ts';
import { loadTrust, type TrustStore } from '../../trust/store.ts';
import type { Context, OptionValues } from '../command.ts';
import { cacheFolder, quarantineFolder } from '../folders.ts';
import { trustOptions } from '../trust-options.ts';

/** Records that go by what the user typed, and what of the quarantine cannot be read. */
export interface Chosen {
  readonly records: readonly CapsuleRecord[];
  readonly problems: readonly Diagnostic[];
}

/** All records, or those that the words name: by id, id@version or folder. @throws Failure VNES3104 for one that is not there. */
export function chooseRecords({ ports }: Context, wanted: readonly string[]): Chosen {
  const { records, problems } = listRecords(quarantineFolder(ports));
  if (wanted.length === 0) return { records, problems };
  const chosen = wanted.flatMap(name => {
    const found = records.filter(record => goesBy(record, name));
    // Whether it is there nobody can tell while something is damaged.
    return found.length === 0 && problems.length === 0 ? unknown(name, records) : found;
  });
  return { records: [...new Set(chosen)], problems };
}

function goesBy({ now }: CapsuleRecord, wanted: string): boolean {
  return [now.name, now.verdict.id, now.folder, now.verdict.folder].includes(wanted);
}

function unknown(wanted: string, records: readonly CapsuleRecord[]): never {
  return fail('VNES3104', `nothing is known here of ${wanted}`, {
    expected:
      records.length === 0
        ? 'nothing: the quarantine of this folder is empty'
        : records.map(({ now }) => now.name).join(', '),
    found: wanted,
    help: 'vnes quarantine-inspect lists what is known; a run enters the capsules that it examines',
  });
}

/** Who is trusted for the capsules of some records, by the same rules as for a run. */
export function trustFor(
  { ports }: Context,
  records: readonly CapsuleRecord[],
  options: OptionValues,
): Promise<TrustStore> {
  const capsules = records.map(({ now }) => now.folder);
  return loadTrust({ ...trustOptions(options), capsules }, ports);
}

/** The quarantine of this folder, with what its capsules are examined under. */
export function placeOf({ ports }: Context, trust: TrustStore): Place {
  const { cwd } = ports.env;
  return { dir: quarantineFolder(ports), cwd, trust, now: ports.clock.now(), cacheDir: cacheFolder(ports) };
}
