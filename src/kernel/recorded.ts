import { fail } from '../base/diagnostic.ts';
import { zoneOf } from '../capsule/manifest.ts';
import { mayBeWeaker, place } from '../scheduler/placement.ts';
import type { HeaderRecord } from '../store/record.ts';
import type { LoadedCapsule } from './binding.ts';
import { knownZone } from './recording.ts';

/**
 * Holds the header of a recording to what any run would have written: whoever can write the folder can write sound hashes, and
 * a capsule must not get a weaker sandbox by that than its manifest allows. @throws Failure VNES8102
 */
export function refuseImpossible(
  dir: string,
  header: HeaderRecord,
  capsules: readonly LoadedCapsule[],
): void {
  const zone = knownZone('the run', header.zone);
  const byId = new Map(capsules.map(capsule => [capsule.manifest.id, capsule]));
  const ending = new Set<string>();
  if (byId.size < capsules.length) impossible(dir, 'the same capsule stands in it twice');
  for (const [index, { manifest, ...capsule }] of capsules.entries()) {
    const { id, version } = header.capsules[index]!;
    if (manifest.id !== id || manifest.version !== version)
      impossible(dir, `${id}@${version} has the manifest of ${manifest.id}@${manifest.version}`);
    const expected = place(zoneOf(manifest), zone).zone;
    if (capsule.zone !== expected)
      impossible(dir, `${id} ran in the zone ${capsule.zone}, where it belongs into ${expected}`);
    if (capsule.weakened !== undefined && !mayBeWeaker(capsule.tier))
      impossible(dir, `${id} is bit-exact and ran in less than its zone asks for`);
    if (!callsEnd(id, byId, ending)) impossible(dir, `the calls of ${id} lead nowhere or back to it`);
  }
}

/** Whether every chain of providers below a capsule ends. `ending` collects those of which that is known. */
function callsEnd(
  id: string,
  byId: ReadonlyMap<string, LoadedCapsule>,
  ending: Set<string>,
  above: readonly string[] = [],
): boolean {
  if (ending.has(id)) return true;
  const capsule = byId.get(id);
  if (!capsule || above.includes(id)) return false;
  const providers = Object.values(capsule.bindings);
  if (!providers.every(provider => callsEnd(provider, byId, ending, [...above, id]))) return false;
  ending.add(id);
  return true;
}

function impossible(dir: string, found: string): never {
  fail('VNES8102', 'no run of vnes has written this recording', {
    place: { file: dir },
    expected: 'a header that fits the manifests it holds',
    found,
    help: 'do not trust the recording; record the run again with `vnes run`',
  });
}
