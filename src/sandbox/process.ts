import { AGENT_FOLDER, confinedAgent } from './agent-path.ts';
import type { Channel, ChannelEvents, ChannelLimits } from './channel.ts';
import { librariesOf } from './confine/libraries.ts';
import type { ConfinedLimits, Confinement, Source } from './confine/types.ts';
import { openConfined } from './confined-channel.ts';
import { GUARDED_DENIALS } from './guarded.ts';
import { nodeFlags } from './node-flags.ts';
import type { Startup } from './unpinned.ts';

/** What the agent must be denied before it is given any code, after what its sentry tried (agent/canary.ts, confine/attempts.ts). */
export const PROCESS_DENIALS = [...GUARDED_DENIALS, 'signal its parent'];

/** Node starts a dozen threads and opens two dozen files; a capsule has no way to ask for more. */
const LIMITS_OF_NODE: ConfinedLimits = { openFiles: 64, fileBytes: 0, cpuSeconds: 7 * 24 * 3600, tasks: 64 };

/** A sandbox in a confined process: Node.js under its permission model, inside of bubblewrap and a filter of system calls. */
export function openProcess(
  events: ChannelEvents,
  limits: ChannelLimits,
  { flags }: Pick<Startup, 'flags'> = {},
): Channel {
  return openConfined(events, () => nodeWithAgent(limits, flags));
}

function nodeWithAgent(limits: ChannelLimits, flags: readonly string[] = []): Confinement {
  const agent = confinedAgent();
  return {
    policy: 'node',
    program: { host: process.execPath },
    args: [...flags, ...nodeFlags(limits, AGENT_FOLDER), agent.file],
    files: new Map<string, Source>([...nodeLibraries(), ...agent.files]),
    limits: LIMITS_OF_NODE,
  };
}

let known: ReadonlyMap<string, Source> | undefined;

/** They stay the same for as long as this program runs, which has loaded them itself. */
function nodeLibraries(): ReadonlyMap<string, Source> {
  known ??= new Map([...librariesOf(process.execPath)].map(([inside, host]) => [inside, { host }]));
  return known;
}
