import { relative } from 'node:path';
import type { JsonValue } from '../../base/json.ts';
import { compareRecordings } from '../../lab/branch-diff.ts';
import {
  type BranchEntry,
  createBranch,
  deleteBranch,
  listBranches,
  switchBranch,
} from '../../lab/branches.ts';
import type { ArgumentSpec, CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { differenceLines } from '../difference-lines.ts';
import { droppedHistory, recordingFolder } from '../recording.ts';
import { AT, text } from '../values.ts';

const NAME: ArgumentSpec = { name: 'name', help: 'name of a branch', required: true };
const RECORDING: ArgumentSpec = {
  name: 'recording',
  help: 'folder of a recording; RECORDING@NAME is a branch of it',
  required: true,
};

export const command: CommandSpec = {
  name: 'branch',
  summary: 'make and compare branches of recordings, which other runs go on from',
  arguments: [],
  options: [],
  examples: ['vnes branch create fix .vnes/runs/0001 --at frame:12', 'vnes branch list .vnes/runs/0001'],
  commands: [
    {
      name: 'create',
      summary: 'leave a recording at a point, in constant time',
      arguments: [NAME, RECORDING],
      options: [AT],
      examples: [
        'vnes branch create fix .vnes/runs/0001 --at frame:12',
        'vnes branch create next .vnes/runs/0001@fix --at end',
      ],
      run: create,
    },
    {
      name: 'list',
      summary: 'list the branches of a recording, and those of its branches',
      arguments: [RECORDING],
      options: [],
      examples: ['vnes branch list .vnes/runs/0001'],
      run: list,
    },
    {
      name: 'switch',
      summary: 'let RECORDING@ stand for a branch; without a name, for the recording itself',
      arguments: [RECORDING, { name: 'name', help: 'name of a branch of it' }],
      options: [],
      examples: ['vnes branch switch .vnes/runs/0001 fix', 'vnes state scan .vnes/runs/0001@'],
      run: change,
    },
    {
      name: 'diff',
      summary: 'tell in which keys, events and roots two recordings or branches differ',
      arguments: [
        { name: 'a', help: 'folder of a recording, or RECORDING@NAME', required: true },
        { name: 'b', help: 'another one', required: true },
      ],
      options: [],
      examples: ['vnes branch diff .vnes/runs/0001 .vnes/runs/0001@fix'],
      run: diff,
    },
    {
      name: 'delete',
      summary: 'delete a branch with all that it recorded',
      arguments: [NAME, RECORDING],
      options: [],
      examples: ['vnes branch delete fix .vnes/runs/0001'],
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
  const { fork, folder, dir, cut } = await createBranch(recordingFolder(context, shown), name, at);
  const { cwd } = context.ports.env;
  const branch = relative(cwd, folder);
  return {
    data: { name, branch, parent: relative(cwd, dir), at, cut: cut ?? null, ...fork },
    diagnostics: [],
    text: paint =>
      [
        `${paint.bold(branch)} leaves ${relative(cwd, dir) || '.'} after ${fork.frames} frames, ${fork.events} events`,
        ...(cut === undefined
          ? []
          : [`frame ${cut} holds the point and is left out: a frame becomes true at once`]),
        `${paint.dim('head')} ${fork.head}`,
        `${paint.dim('next')} vnes run CAPSULES --from ${branch} --input FILE`,
      ].join('\n'),
  };
}

async function list(context: Context, [shown = '']: readonly string[]): Promise<Result> {
  const branches = listBranches(recordingFolder(context, shown));
  const data = branches.map(({ name, dir, fork, at, recorded, current }) => {
    return { name, branch: relative(context.ports.env.cwd, dir), at, recorded, current, ...fork };
  });
  return {
    data: { recording: shown, branches: data },
    diagnostics: [],
    text: paint =>
      branches.length === 0
        ? `${shown} has no branches`
        : branches.map(branch => branchLine(branch, paint)).join('\n'),
  };
}

function branchLine({ name, fork, at, recorded, current }: BranchEntry, paint: Paint): string {
  const state = recorded ? 'recorded' : 'nothing has gone on from it';
  return `${current ? '*' : ' '} ${paint.bold(name)} at ${at}: after ${fork.frames} frames, ${fork.events} events; ${paint.dim(state)}`;
}

async function change(context: Context, [shown = '', name]: readonly string[]): Promise<Result> {
  switchBranch(recordingFolder(context, shown), name);
  return {
    data: { recording: shown, branch: name ?? null },
    diagnostics: [],
    text: paint => `${shown}@ is ${name === undefined ? 'the recording itself' : paint.bold(name)}`,
  };
}

async function diff(context: Context, [a = '', b = '']: readonly string[]): Promise<Result> {
  const difference = await compareRecordings(recordingFolder(context, a), recordingFolder(context, b));
  return {
    data: { shown: [a, b], ...difference } as unknown as JsonValue,
    diagnostics: difference.dropped ? [droppedHistory(`${a} or ${b}`, difference.dropped)] : [],
    text: paint => differenceLines(a, b, difference, paint).join('\n'),
  };
}

async function remove(context: Context, [name = '', shown = '']: readonly string[]): Promise<Result> {
  deleteBranch(recordingFolder(context, shown), name);
  return {
    data: { recording: shown, deleted: name },
    diagnostics: [],
    text: () => `${name} is deleted`,
  };
}
