import { Failure } from '../base/diagnostic.ts';
import type { Zone } from '../capsule/zone.ts';
import type { OpenChannel } from './channel.ts';
import { ATTEMPTS, FATAL_ATTEMPTS } from './confine/attempts.ts';
import { obstacleToConfining, survivedAttempts } from './confine/trial.ts';
import type { Rung } from './contract.ts';
import { openProcess, PROCESS_DENIALS } from './process.ts';
import type { StartMessage } from './protocol.ts';
import { type RequiredDenials, Session } from './session.ts';
import { openVm, VM_DENIALS } from './vm/channel.ts';
import { deniedInside } from './vm/guard.ts';
import { obstacleToMachines } from './vm/parts.ts';
import { openWorker } from './worker.ts';

/** What trying a rung has shown. */
export interface RungExamination {
  readonly rung: Rung['name'];
  readonly zones: readonly Zone[];
  readonly languages: readonly string[];
  readonly state: 'ok' | 'missing';
  /** What it tried and was denied. */
  readonly denied: readonly string[];
  /** Why it is missing. */
  readonly reason?: string;
}

const NO_CODE: StartMessage = { type: 'start', seed: '0', fuel: 1, components: [], blobs: [] };
const MEMORY_BYTES = 64 * 1024 * 1024;

/** Starts a sandbox of each rung without any code of a capsule in it and has it try what it must be denied. */
export async function examineRungs(): Promise<readonly RungExamination[]> {
  const { worker, process, vm } = ROWS;
  return [
    await examined(worker, () => start(openWorker, ['see the environment'])),
    await examined(process, examineProcess),
    await examined(vm, examineVm),
  ];
}

const ROWS = {
  worker: {
    rung: 'worker',
    zones: ['system'],
    languages: ['wasm', 'python'],
    state: 'ok',
    denied: ['see the environment'],
  },
  process: {
    rung: 'process',
    zones: ['tenant', 'session'],
    languages: ['wasm', 'python', 'native'],
    state: 'ok',
    denied: [...new Set([...PROCESS_DENIALS, ...ATTEMPTS.map(({ name }) => name)])].concat(
      FATAL_ATTEMPTS.map(({ name }) => name),
    ),
  },
  vm: {
    rung: 'vm',
    zones: ['ephemeral'],
    languages: ['wasm', 'python', 'native'],
    state: 'ok',
    denied: [...new Set([...VM_DENIALS, ...deniedInside('native')])],
  },
} as const satisfies Readonly<Record<string, RungExamination>>;

async function examined(row: RungExamination, examine: () => Promise<void>): Promise<RungExamination> {
  try {
    await examine();
    return row;
  } catch (error) {
    return { ...row, state: 'missing', denied: [], reason: reasonOf(error) };
  }
}

async function examineProcess(): Promise<void> {
  const obstacle = await obstacleToConfining();
  if (obstacle !== undefined) throw new Error(obstacle);
  await start(openProcess, PROCESS_DENIALS);
  const survived = await survivedAttempts('node');
  if (survived.length > 0) throw new Error(`it may ${survived.join(', ')}`);
}

async function examineVm(): Promise<void> {
  const obstacle = (await obstacleToConfining()) ?? obstacleToMachines();
  if (obstacle !== undefined) throw new Error(obstacle);
  await start(openVm, VM_DENIALS);
  const { obstacleToPrograms } = await import('./vm/trial.ts');
  const kept = await obstacleToPrograms();
  if (kept !== undefined) throw new Error(kept);
}

async function start(open: OpenChannel, denials: RequiredDenials): Promise<void> {
  const component = {
    capsule: 'vnes.doctor',
    version: '0.0.0',
    code: { language: 'python' as const, entry: { module: '', callable: '' }, files: new Map() },
    config: 'null',
    access: { owns: [], reads: [] },
    publishes: [],
    services: {},
  };
  const limits = { timeoutMs: 60_000, memoryBytes: MEMORY_BYTES, fuel: 1 };
  const state = { get: () => undefined, scan: () => [] };
  const session = await Session.start(open, { component, seed: '0', limits, state }, denials, NO_CODE);
  await session.stop();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Failure)) return error instanceof Error ? error.message : 'unknown';
  const [{ message, expected, found }] = error.diagnostics;
  return [message, expected, found].filter(text => text !== undefined).join(': ');
}
