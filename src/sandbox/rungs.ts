import type { Zone } from '../capsule/zone.ts';
import type { OpenChannel } from './channel.ts';
import { bubblewrapHere } from './confine/trial.ts';
import type { InstanceOptions, Rung } from './contract.ts';
import { unavailable } from './failures.ts';
import { GUARDED_DENIALS, openGuarded } from './guarded.ts';
import { runsBeside } from './native/programs.ts';
import { prepare, reachable } from './prepare.ts';
import { openProcess, PROCESS_DENIALS } from './process.ts';
import { type RequiredDenials, Session } from './session.ts';
import type { UnpinnedNative } from './unpinned.ts';
import { openVm, VM_DENIALS } from './vm/channel.ts';
import { obstacleToMachines } from './vm/parts.ts';
import { openWorker } from './worker.ts';

export interface RungOptions {
  /** Folder for translated components; without one, each start translates anew. */
  readonly cacheDir?: string | undefined;
  /** Why no process can be confined here, as far as that has been tried (confine/trial.ts). */
  readonly obstacle?: string | undefined;
  /** Take the strongest rung there is where the zone's own is missing. Only for tiers below D0, which promise less. */
  readonly weaker?: boolean | undefined;
}

export interface Row {
  readonly name: Exclude<Rung['name'], 'recording'>;
  readonly open: OpenChannel;
  readonly denials: RequiredDenials;
  /** How many times as long everything may take as on the machine itself. */
  readonly patience: number;
}

const WORKER: Row = { name: 'worker', open: openWorker, denials: ['see the environment'], patience: 1 };
export const GUARDED: Row = { name: 'guarded', open: openGuarded, denials: GUARDED_DENIALS, patience: 1 };
export const PROCESS: Row = { name: 'process', open: openProcess, denials: PROCESS_DENIALS, patience: 1 };

const VM: Row = { name: 'vm', open: openVm, denials: VM_DENIALS, patience: 20 };

/** The weakest rung that each zone accepts (spec, section 3). A session's process is fresh because every start makes one. */
const RUNGS: Readonly<Record<Zone, Row>> = {
  system: WORKER,
  tenant: PROCESS,
  session: PROCESS,
  ephemeral: VM,
};

/** What a zone expects, in words; a worker is there on every machine. */
const EXPECTED = {
  worker: 'a thread',
  guarded: 'a process of its own',
  process: 'a process that is confined by bubblewrap',
  vm: 'a virtual machine of QEMU, which is confined by bubblewrap',
} as const satisfies Readonly<Record<Row['name'], string>>;

/** Whether capsules of this zone, or weaker ones in its place, run in confined processes. */
export function asksForProcess(zone: Zone): boolean {
  return RUNGS[zone] !== WORKER;
}

/** How capsules of a zone are isolated here. Falls back to nothing weaker unless told so. @throws Failure VNES5009 */
export function rungFor(zone: Zone, options: RungOptions = {}): Rung {
  const row = RUNGS[zone];
  if (row === WORKER) return rung(row, options);
  const unconfined = options.obstacle ?? plainObstacle();
  const obstacle = unconfined ?? (row === VM ? obstacleToMachines() : undefined);
  if (obstacle === undefined) return rung(row, options);
  if (options.weaker !== true) throw unavailable(`the trust zone ${zone}`, EXPECTED[row.name], obstacle);
  return { ...rung(unconfined === undefined ? PROCESS : GUARDED, options), weaker: true };
}

/** Why no process can be confined here, as far as it can be known without trying. */
export function plainObstacle(): string | undefined {
  try {
    bubblewrapHere();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

function rung(row: Row, { cacheDir }: RungOptions): Rung {
  const start = async (instance: InstanceOptions) => {
    const { open, denials, patience } = await rowFor(row, instance);
    return Session.start(open, instance, denials, await prepare(instance, cacheDir), patience);
  };
  return { name: row.name, start };
}

/** What a zone asks for at least. */
export function zoneRow(zone: Zone): Row {
  return RUNGS[zone];
}

/**
 * Native programs run beside the sandbox, confined in any zone, each in a machine of its own where the sandbox is one. Where nothing else
 * takes part, the sandbox itself runs only code of vnes, so a thread will do for it.
 */
export async function rowFor(row: Row, instance: InstanceOptions, unpinned?: UnpinnedNative): Promise<Row> {
  const beside = reachable(instance.component).map(({ code }) => runsBeside(code));
  if (!beside.includes(true)) return row;
  const { inProcess, withNatives } = await import('./native/host.ts');
  if (row === VM) refuseScratch(instance);
  const own = beside.includes(false) ? row : WORKER;
  const start = row === VM ? (await import('./vm/program.ts')).inMachine(unpinned) : inProcess(unpinned);
  return { ...own, patience: row.patience, open: await withNatives(own.open, instance, start) };
}

/** A capsule of another zone may answer the calls of one in a machine. */
function refuseScratch({ component }: InstanceOptions): void {
  const asking = reachable(component).find(({ code }) => 'scratchBytes' in code);
  if (asking)
    throw unavailable(
      `the scratch space of ${asking.capsule}`,
      EXPECTED.process,
      'a machine, which has none',
    );
}
