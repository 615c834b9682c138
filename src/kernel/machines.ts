import { fail } from '../base/diagnostic.ts';
import { machineHere } from '../sandbox/vm/identity.ts';
import type { HeaderRecord, MachinePart, RecordedMachine } from '../store/record.ts';
import type { LoadedCapsule } from './binding.ts';
import { isBeside, languageOf } from './code.ts';

/** What the machines of this run depend on; undefined for one without programs in machines. */
export async function machineOf(capsules: readonly LoadedCapsule[]): Promise<RecordedMachine | undefined> {
  const inside = capsules.filter(runsInMachine);
  return inside.length === 0 ? undefined : machineHere(inside.some(isPython));
}

/**
 * What is bit-exact in a machine is so in that machine alone. `executed` are the ids of the capsules that are to be executed.
 * @throws Failure VNES8112 when one of them depends on another machine than this host has
 */
export async function refuseOtherMachine(
  { machine: recorded }: HeaderRecord,
  capsules: readonly LoadedCapsule[],
  executed: (id: string) => boolean,
): Promise<void> {
  const byId = new Map(capsules.map(capsule => [capsule.manifest.id, capsule]));
  const exact = capsules
    .filter(({ manifest }) => executed(manifest.id))
    .flatMap(capsule => [...withProviders(capsule, byId)])
    .filter(capsule => capsule.tier === 'D0_bit_exact' && runsInMachine(capsule));
  const [first] = exact;
  if (!first) return;
  const here = await machineHere(exact.some(isPython));
  // That there is none here, its rung says.
  if (!here) return;
  const [then, now] = [partsOf(recorded), partsOf(here)];
  const other = [...now.keys()].filter(part => then.get(part) !== now.get(part));
  if (other.length === 0) return;
  const told = (parts: ReadonlyMap<string, string>) =>
    other.map(part => `${part} ${parts.get(part) ?? 'unknown'}`).join('; ');
  fail('VNES8112', `${first.manifest.id} was recorded in another virtual machine than this host has`, {
    expected: told(then),
    found: told(now),
    help: 'replay it on a host with the recorded versions, or leave the capsule out: --only OTHERS',
  });
}

function runsInMachine({ manifest, zone, weakened }: LoadedCapsule): boolean {
  return isBeside(manifest) && zone === 'ephemeral' && weakened === undefined;
}

function isPython({ manifest }: LoadedCapsule): boolean {
  return languageOf(manifest) === 'python';
}

/** A capsule and all that its calls reach, which do not lead back to it. */
function withProviders(
  capsule: LoadedCapsule,
  byId: ReadonlyMap<string, LoadedCapsule>,
): readonly LoadedCapsule[] {
  const providers = Object.values(capsule.bindings).flatMap(id => byId.get(id) ?? []);
  return [capsule, ...providers.flatMap(each => withProviders(each, byId))];
}

/** Each part in words, with what it is compared by. */
function partsOf(machine: RecordedMachine | undefined): ReadonlyMap<string, string> {
  if (!machine) return new Map();
  const named = ({ version, digest }: MachinePart) => `${version} (${digest})`;
  return new Map([
    ['QEMU', named(machine.qemu)],
    ['kernel', named(machine.kernel)],
    ['arguments', machine.arguments.join(' ')],
    ...(machine.python ? [['Python', named(machine.python)] as const] : []),
  ]);
}
