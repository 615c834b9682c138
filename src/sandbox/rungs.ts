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
}

const WORKER: Row = { name: 'worker', open: openWorker, denials: ['see the environment'] };
export const GUARDED: Row = { name: 'guarded', open: openGuarded, denials: GUARDED_DENIALS };
export const PROCESS: Row = { name: 'process', open: openProcess, denials: PROCESS_DENIALS };

/** The weakest rung that each zone accepts (spec, section 3). A session's process is fresh because every start makes one. */
const RUNGS: Readonly<Record<Zone, Row | undefined>> = {
  system: WORKER,
  tenant: PROCESS,
  session: PROCESS,
  ephemeral: undefined,
};

const VIRTUAL_MACHINE = 'a virtual machine';
const CONFINED_PROCESS = 'a process that is confined by bubblewrap';

/** Whether capsules of this zone, or weaker ones in its place, run in confined processes. */
export function asksForProcess(zone: Zone): boolean {
  return RUNGS[zone] !== WORKER;
}

/** How capsules of a zone are isolated here. Falls back to nothing weaker unless told so. @throws Failure VNES5009 */
export function rungFor(zone: Zone, options: RungOptions = {}): Rung {
  const row = RUNGS[zone];
  const obstacle = row === WORKER ? undefined : (options.obstacle ?? plainObstacle());
  if (row && obstacle === undefined) return rung(row, options);
  const expected = row ? CONFINED_PROCESS : VIRTUAL_MACHINE;
  const found = row ? obstacle! : 'this version of vnes has none';
  if (options.weaker !== true) throw unavailable(`the trust zone ${zone}`, expected, found);
  return { ...rung(obstacle === undefined ? PROCESS : GUARDED, options), weaker: true };
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
    const { open, denials } = await rowFor(row, instance);
    return Session.start(open, instance, denials, await prepare(instance, cacheDir));
  };
  return { name: row.name, start };
}

/** What a zone asks for at least; undefined where there is none. */
export function zoneRow(zone: Zone): Row | undefined {
  return RUNGS[zone];
}

/**
 * Native programs run beside the sandbox, confined in any zone. Where nothing else takes part, the sandbox itself runs only code of
 * vnes, so a thread will do for it.
 */
export async function rowFor(row: Row, instance: InstanceOptions, unpinned?: UnpinnedNative): Promise<Row> {
  const beside = reachable(instance.component).map(({ code }) => runsBeside(code));
  if (!beside.includes(true)) return row;
  const { withNatives } = await import('./native/host.ts');
  const own = beside.includes(false) ? row : WORKER;
  return { ...own, open: withNatives(own.open, instance, unpinned) };
}
