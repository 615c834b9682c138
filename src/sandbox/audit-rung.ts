import type { Zone } from '../capsule/zone.ts';
import type { ChannelEvents, ChannelLimits } from './channel.ts';
import type { InstanceLimits, InstanceOptions, Rung } from './contract.ts';
import { unavailable } from './failures.ts';
import { openGuarded } from './guarded.ts';
import { runsBeside } from './native/programs.ts';
import { prepare, reachable } from './prepare.ts';
import { openProcess } from './process.ts';
import { GUARDED, PROCESS, plainObstacle, type Row, type RungOptions, rowFor, zoneRow } from './rungs.ts';
import { Session } from './session.ts';
import type { Otherwise, Startup } from './unpinned.ts';

/** Where the environment is not empty, so that this one denial cannot be seen. */
const ENVIRONMENT = 'see the environment';
/** In times of what a run waits for outcomes. */
const PATIENCE = 10;

/**
 * The rung of a zone or a stronger one, with some of what it pins let go. For audits alone: what runs like this is recorded nowhere.
 * The zone must be one that this machine offers (`rungFor`).
 */
export function auditRung(zone: Zone, otherwise: Otherwise, options: RungOptions = {}): Rung {
  const row = rowOf(zone, otherwise);
  const start = async (asked: InstanceOptions) => {
    if (row.name === 'vm') refuseAgents(asked);
    const instance = { ...asked, limits: limitsOf(asked, otherwise) };
    const message = await prepare(instance, options.cacheDir, otherwise.variant);
    const { unpinned } = otherwise;
    const { open, denials, patience } = await rowFor(row, instance, otherwise.native);
    return Session.start(open, instance, denials, unpinned ? { ...message, unpinned } : message, patience);
  };
  return { name: row.name, start };
}

/** Where a thread would do, a process needs no bubblewrap. */
function rowOf(zone: Zone, { process, startup }: Otherwise): Row {
  const own = zoneRow(zone);
  // Only programs run there, which none of these concerns.
  if (own.name === 'vm') return own;
  if (own.name !== 'worker') return startup ? startedBy(PROCESS, startup) : own;
  if (startup) return startedBy(GUARDED, startup);
  if (!process) return own;
  return plainObstacle() === undefined ? PROCESS : GUARDED;
}

/** The machine of an agent cannot be started otherwise; that of a program can. */
function refuseAgents({ component }: InstanceOptions): void {
  if (reachable(component).every(({ code }) => runsBeside(code))) return;
  throw unavailable(
    'audits in the trust zone ephemeral but of native code and of the system’s Python',
    'a rung that starts in other ways',
    'a virtual machine',
  );
}

function startedBy({ name, denials, patience }: Row, startup: Startup): Row {
  const open = name === 'process' ? openProcess : openGuarded;
  return {
    name,
    patience,
    open: (events: ChannelEvents, limits: ChannelLimits) => open(events, limits, startup),
    denials: startup.env ? denials.filter(denial => denial !== ENVIRONMENT) : denials,
  };
}

/** Some of the engine's compilers are slow, and time is no part of what is audited. */
function limitsOf({ limits }: InstanceOptions, { memory = 1 }: Otherwise): InstanceLimits {
  return {
    ...limits,
    timeoutMs: limits.timeoutMs * PATIENCE,
    memoryBytes: Math.ceil(limits.memoryBytes * memory),
  };
}
