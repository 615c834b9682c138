import { resolve } from 'node:path';
import type { JsonValue } from '../../base/json.ts';
import type { Snapshot } from '../../kernel/snapshot-file.ts';
import {
  createSnapshot,
  deleteSnapshot,
  exportSnapshot,
  importSnapshot,
  namedSnapshots,
  snapshotPath,
  snapshotSteps,
  verifySnapshot,
} from '../../lab/snapshots.ts';
import type { ArgumentSpec, CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { refuseUnwritable } from '../files.ts';
import { recordingFolder } from '../recording.ts';
import { AT, text } from '../values.ts';

const NAME: ArgumentSpec = { name: 'name', help: 'name of a snapshot', required: true };
const RECORDING: ArgumentSpec = {
  name: 'recording',
  help: 'folder of a recording, or RECORDING@BRANCH',
  required: true,
};
const FILE: ArgumentSpec = { name: 'file', help: 'file of the snapshot', required: true };

export const command: CommandSpec = {
  name: 'snapshot',
  summary: 'keep what a recording had come to at a point, with its roots',
  arguments: [],
  options: [],
  examples: [
    'vnes snapshot create before .vnes/runs/0001 --at frame:12',
    'vnes snapshot list .vnes/runs/0001',
  ],
  commands: [
    {
      name: 'create',
      summary: 'take a snapshot of a recording at a point, and give it a name',
      arguments: [NAME, RECORDING],
      options: [AT],
      examples: ['vnes snapshot create before .vnes/runs/0001 --at frame:12'],
      run: create,
    },
    {
      name: 'list',
      summary: 'list the named snapshots, and the steps that a replay can begin with',
      arguments: [RECORDING],
      options: [],
      examples: ['vnes snapshot list .vnes/runs/0001'],
      run: list,
    },
    {
      name: 'verify',
      summary: 'check a named snapshot against the journal',
      arguments: [NAME, RECORDING],
      options: [],
      examples: ['vnes snapshot verify before .vnes/runs/0001'],
      run: verify,
    },
    {
      name: 'export',
      summary: 'write a named snapshot as a file of its own',
      arguments: [NAME, RECORDING, FILE],
      options: [],
      examples: ['vnes snapshot export before .vnes/runs/0001 before.vns'],
      run: exported,
    },
    {
      name: 'import',
      summary: 'check such a file against the journal, and give it a name',
      arguments: [FILE, NAME, RECORDING],
      options: [],
      examples: ['vnes snapshot import before.vns before .vnes/runs/0001'],
      run: imported,
    },
    {
      name: 'delete',
      summary: 'delete a named snapshot',
      arguments: [NAME, RECORDING],
      options: [],
      examples: ['vnes snapshot delete before .vnes/runs/0001'],
      run: remove,
    },
  ],
};

async function create(
  context: Context,
  [name = '', shown = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const at = text(options.at) ?? 'end';
  return told(name, await createSnapshot(recordingFolder(context, shown), name, at), 'taken');
}

async function verify(context: Context, [name = '', shown = '']: readonly string[]): Promise<Result> {
  const dir = recordingFolder(context, shown);
  return told(name, await verifySnapshot(dir, snapshotPath(dir, name)), 'sound');
}

async function exported(
  context: Context,
  [name = '', shown = '', file = '']: readonly string[],
): Promise<Result> {
  refuseUnwritable(context, file);
  const path = resolve(context.ports.env.cwd, file);
  return told(name, exportSnapshot(recordingFolder(context, shown), name, path), 'written');
}

async function imported(
  context: Context,
  [file = '', name = '', shown = '']: readonly string[],
): Promise<Result> {
  const path = resolve(context.ports.env.cwd, file);
  return told(name, await importSnapshot(path, recordingFolder(context, shown), name), 'taken in');
}

/** A snapshot and what became of it. */
function told(name: string, { place, body, digest }: Snapshot, what: string): Result {
  const { frames, events, stateRoot, logRoot, writes } = body;
  return {
    data: { name, at: place.at, frames, events, keys: writes, stateRoot, logRoot, digest },
    diagnostics: [],
    text: paint =>
      [
        `${paint.good(what)} ${paint.bold(name)}: after ${frames} frames, ${events} events, ${writes} keys`,
        `${paint.dim('state root')} ${stateRoot}`,
        `${paint.dim('digest    ')} ${digest}`,
      ].join('\n'),
  };
}

async function list(context: Context, [shown = '']: readonly string[]): Promise<Result> {
  const dir = recordingFolder(context, shown);
  const named = namedSnapshots(dir);
  const steps = snapshotSteps(dir).map(({ record: { type: _, ...step } }) => step);
  return {
    data: { recording: shown, named, steps } as unknown as JsonValue,
    diagnostics: [],
    text: paint => lines(shown, named, steps, paint).join('\n'),
  };
}

function lines(
  shown: string,
  named: ReturnType<typeof namedSnapshots>,
  steps: readonly { readonly frames: number; readonly events: number }[],
  paint: Paint,
): string[] {
  if (named.length + steps.length === 0) return [`${shown} has no snapshots`];
  const places = steps.map(({ frames }) => `frame:${frames - 1}`).join(', ');
  return [
    ...named.map(
      ({ name, at, frames, events, stateRoot }) =>
        `${paint.bold(name)} at ${at}: after ${frames} frames, ${events} events ${paint.dim(stateRoot)}`,
    ),
    steps.length === 0 ? 'no replay can begin but at the beginning' : `replays can begin after ${places}`,
  ];
}

async function remove(context: Context, [name = '', shown = '']: readonly string[]): Promise<Result> {
  deleteSnapshot(recordingFolder(context, shown), name);
  return { data: { recording: shown, deleted: name }, diagnostics: [], text: () => `${name} is deleted` };
}
