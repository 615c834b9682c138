import { fail } from '../base/diagnostic.ts';
import type { Zone } from '../capsule/zone.ts';
import type { OpenChannel } from './channel.ts';
import type { InstanceOptions, Rung } from './contract.ts';
import { prepare, reachable } from './prepare.ts';
import { openProcess, PROCESS_DENIALS } from './process.ts';
import { type RequiredDenials, Session } from './session.ts';
import { openWorker } from './worker.ts';

export interface RungOptions {
  /** Folder for translated components; without one, each start translates anew. */
  readonly cacheDir?: string | undefined;
}

interface Row {
  readonly name: Rung['name'];
  readonly open: OpenChannel;
  readonly denials: RequiredDenials;
}

const WORKER: Row = { name: 'worker', open: openWorker, denials: ['see the environment'] };
const PROCESS: Row = { name: 'process', open: openProcess, denials: PROCESS_DENIALS };

/** The weakest rung that each zone accepts (spec, section 3). A session's process is fresh because every start makes one. */
const RUNGS: Readonly<Record<Zone, Row | undefined>> = {
  system: WORKER,
  tenant: PROCESS,
  session: PROCESS,
  ephemeral: undefined,
};

/** How capsules of a zone are isolated here. Never falls back to a weaker rung. @throws Failure VNES5009 */
export function rungFor(zone: Zone, options: RungOptions = {}): Rung {
  const row = RUNGS[zone];
  if (!row) {
    return fail('VNES5009', `there is no sandbox for the trust zone ${zone}`, {
      expected: 'a virtual machine',
      found: 'a thread and a process',
      help: 'state security.trust_zone in the manifest (a capsule without one is ephemeral) and sign the capsule again',
    });
  }
  const start = async (instance: InstanceOptions) => {
    const { open, denials } = await rowFor(row, instance);
    return Session.start(open, instance, denials, await prepare(instance, options.cacheDir));
  };
  return { name: row.name, start };
}

/**
 * Native programs run beside the sandbox, confined in any zone. Where nothing else takes part, the sandbox itself runs only code of
 * vnes, so a thread will do for it.
 */
async function rowFor(row: Row, instance: InstanceOptions): Promise<Row> {
  const languages = reachable(instance.component).map(({ code }) => code.language);
  if (!languages.includes('native')) return row;
  const { withNatives } = await import('./native/host.ts');
  const own = languages.every(language => language === 'native') ? WORKER : row;
  return { ...own, open: withNatives(own.open, instance) };
}
