import { confine } from '../../../src/sandbox/confine/confine.ts';
import { launch } from '../../../src/sandbox/confine/launch.ts';
import { librariesOf } from '../../../src/sandbox/confine/libraries.ts';
import { isOpenToAll } from '../../../src/sandbox/confine/reach.ts';
import type { ConfinedLimits, Source } from '../../../src/sandbox/confine/types.ts';
import { BUBBLEWRAP } from '../../bubblewrap.ts';

/** Node.js below a folder that only the superuser can enter is run from a descriptor, for which there is a `/proc` of its own processes. */
export const HAS_PROC = process.getuid?.() === 0 && !isOpenToAll(process.execPath);

const LIMITS: ConfinedLimits = { openFiles: 64, fileBytes: 0, cpuSeconds: 60, tasks: 64 };

export interface Confinee {
  readonly node?: string;
  readonly files?: readonly (readonly [path: string, source: Source])[];
  readonly limits?: Partial<ConfinedLimits>;
}

/** Runs a script, whose `say` reaches us, in a confined Node.js without its permission model: what it said, and how it ended. */
export async function runConfined(
  script: string,
  { node = process.execPath, files = [], limits }: Confinee = {},
) {
  const say = "import fs from 'node:fs'; const say = text => fs.writeSync(3, String(text));";
  const inside = new Map<string, Source>([
    ...[...librariesOf(node)].map(([path, host]) => [path, { host }] as const),
    ['/script.mjs', { bytes: Buffer.from(say + script) }],
    ...files,
  ]);
  const program = { host: node };
  const args = ['/script.mjs'];
  const all = { ...LIMITS, ...limits };
  const confined = launch(
    confine({ policy: 'node', program, args, files: inside, limits: all }, BUBBLEWRAP!),
  );
  let said = '';
  confined.channel.on('data', chunk => {
    said += chunk;
  });
  const status = await new Promise(resolve => confined.process.once('close', resolve));
  return { said, status, errors: confined.said() };
}
