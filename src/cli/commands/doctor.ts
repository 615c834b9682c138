import { diagnose } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import type { Environment } from '../../base/ports.ts';
import { examineRungs, type RungExamination } from '../../sandbox/examine.ts';
import { type Acceleration, examineAcceleration } from '../../sandbox/vm/acceleration.ts';
import type { CommandSpec, Context, Paint, Result } from '../command.ts';
import {
  BUBBLEWRAP_PACKAGE,
  type Family,
  familyHere,
  installs,
  MACHINE_PACKAGES,
  TOOLS,
  whereIs,
} from '../tools.ts';

export const command: CommandSpec = {
  name: 'doctor',
  summary: 'prove each sandbox of this machine, and say what is missing',
  arguments: [],
  options: [],
  examples: ['vnes doctor', 'vnes doctor --json'],
  run: examine,
};

interface FoundTool {
  readonly name: string;
  readonly use: string;
  readonly path: string | null;
  readonly install: string | null;
}

/** Tools that are missing keep nobody from running capsules, so only a missing sandbox is a failure. */
async function examine({ ports, progress }: Context): Promise<Result> {
  progress('trying what sandboxes must be denied');
  const family = familyHere();
  const [examined, acceleration] = await Promise.all([examineRungs(), examineAcceleration()]);
  const rungs = examined.map(rung => withRemedy(rung, family));
  const tools = toolsHere(ports.env, family);
  return {
    data: { rungs, acceleration, tools } as unknown as JsonValue,
    diagnostics: rungs.filter(({ state }) => state === 'missing').map(missing),
    text: paint => report(rungs, acceleration, tools, paint),
  };
}

/** What to install, by the reason for which a sandbox is missing. */
const LACKS = [
  [BUBBLEWRAP_PACKAGE, /^bubblewrap is not installed$/],
  [MACHINE_PACKAGES, / was not found in /],
] as const;

type ExaminedRung = RungExamination & { readonly install?: string | undefined };

function withRemedy(rung: RungExamination, family: Family | undefined): ExaminedRung {
  const install = LACKS.find(([, lacks]) => lacks.test(rung.reason ?? ''))?.[0];
  const command = install && installs(install, family);
  return command === undefined ? rung : { ...rung, install: command };
}

function toolsHere(env: Environment, family: Family | undefined): readonly FoundTool[] {
  return TOOLS.map(tool => {
    const path = whereIs(tool, env);
    const install = path === undefined ? installs(tool.packages, family) : undefined;
    return { name: tool.name, use: tool.use, path: path ?? null, install: install ?? null };
  });
}

function missing({ rung, zones, reason, install }: ExaminedRung) {
  return diagnose('VNES5009', `capsules of the zones ${zones.join(' and ')} cannot be run here`, {
    expected: `the rung ${rung}`,
    found: reason,
    help: install ?? 'vnes explain VNES5009',
  });
}

const RUNG_WIDTH = 9;
const ZONES_WIDTH = 16;
const STATE_WIDTH = 9;
const TOOL_WIDTH = 19;
const USE_WIDTH = 34;

function report(
  rungs: readonly ExaminedRung[],
  acceleration: Acceleration,
  tools: readonly FoundTool[],
  paint: Paint,
): string {
  const head = (...cells: readonly (readonly [text: string, width: number])[]) =>
    paint.dim(
      cells
        .map(([text, width]) => text.padEnd(width))
        .join('')
        .trimEnd(),
    );
  return [
    head(['rung', RUNG_WIDTH], ['zones', ZONES_WIDTH], ['state', STATE_WIDTH], ['languages', 0]),
    ...rungs.flatMap(rung => rungLines(rung, paint)),
    ...accelerationLines(acceleration, paint),
    '',
    head(['tool', TOOL_WIDTH], ['used by', USE_WIDTH], ['found', 0]),
    ...tools.map(tool => toolLine(tool, paint)),
  ].join('\n');
}

const PAINTED: Readonly<Record<RungExamination['state'], keyof Paint>> = {
  ok: 'good',
  missing: 'bad',
};

function rungLines({ rung, zones, state, languages, denied, reason }: ExaminedRung, paint: Paint): string[] {
  const first =
    paint.bold(rung.padEnd(RUNG_WIDTH)) +
    zones.join(', ').padEnd(ZONES_WIDTH) +
    paint[PAINTED[state]](state.padEnd(STATE_WIDTH)) +
    languages.join(', ');
  const why = reason ?? `tried and denied: ${denied.length === 1 ? denied[0] : `${denied.length} ways out`}`;
  return [first.trimEnd(), paint.dim(`${' '.repeat(RUNG_WIDTH)}${why}`)];
}

/** It is no rung and nothing that has to be installed: what runs in machines is translated in any case. */
function accelerationLines({ name, state, reason }: Acceleration, paint: Paint): string[] {
  const found = state === 'boots' ? 'a kernel boots with it' : reason!;
  const first = paint.bold(name.padEnd(RUNG_WIDTH)) + '(not used)'.padEnd(ZONES_WIDTH) + state;
  return [first, paint.dim(`${' '.repeat(RUNG_WIDTH)}${found}`)];
}

function toolLine({ name, use, path, install }: FoundTool, paint: Paint): string {
  const found = path ?? paint.warn(install === null ? 'missing' : `missing: ${install}`);
  return `${paint.bold(name.padEnd(TOOL_WIDTH))}${use.padEnd(USE_WIDTH)}${found}`;
}
