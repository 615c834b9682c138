import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { findVmParts, type VmParts } from './parts.ts';

/** Whether the processor itself can run virtual machines here. vnes does not use that: it counts no instructions (ADR 0030). */
export interface Acceleration {
  readonly name: 'kvm';
  readonly state: 'boots' | 'missing' | 'fails';
  /** Why it does not boot. */
  readonly reason?: string;
}

const DEVICE = '/dev/kvm';
/** A kernel boots in less than one, and a device that is there may hang all the same. */
const PATIENCE_MS = 5_000;
const MOST_SAID = 65_536;
const MEMORY_MIB = '128';
/** It finds nothing to run, says so and is powered off. */
const KERNEL_COMMAND = 'console=ttyS0 quiet panic=-1 reboot=t';
const BOOTED = /Kernel panic - not syncing: (VFS|No working init)/;

/** Boots a kernel, with nothing else in the machine: that the device is there proves nothing. */
export async function examineAcceleration(device = DEVICE): Promise<Acceleration> {
  const obstacle = obstacleAt(device);
  if (obstacle !== undefined) return { name: 'kvm', state: 'missing', reason: obstacle };
  const parts = findVmParts();
  if (!('qemu' in parts)) return { name: 'kvm', state: 'missing', reason: 'there is no QEMU to try it with' };
  const reason = await obstacleToBooting(parts, ['-accel', 'kvm'], PATIENCE_MS);
  return reason === undefined ? { name: 'kvm', state: 'boots' } : { name: 'kvm', state: 'fails', reason };
}

function obstacleAt(device: string): string | undefined {
  try {
    closeSync(openSync(device, 'r+'));
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' ? `there is no ${device}` : `${device} cannot be opened (${code ?? 'unknown'})`;
  }
}

/** Why a kernel does not boot; undefined when it does. Nothing runs in the machine but that kernel. */
export function obstacleToBooting(
  { qemu, kernel }: VmParts,
  accelerator: readonly string[],
  patienceMs: number,
): Promise<string | undefined> {
  const machine = ['-machine', 'microvm,x-option-roms=off,isa-serial=on', ...accelerator];
  const plain = ['-no-user-config', '-nodefaults', '-no-reboot', '-display', 'none', '-monitor', 'none'];
  const rest = ['-m', MEMORY_MIB, '-serial', 'stdio', '-kernel', kernel, '-append', KERNEL_COMMAND];
  return new Promise(resolve => {
    const child = spawn(qemu, [...plain, ...machine, ...rest], {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    let said = '';
    const hear = (text: string) => {
      said = (said + text).slice(0, MOST_SAID);
    };
    child.stdout.setEncoding('latin1').on('data', hear);
    child.stderr.setEncoding('latin1').on('data', hear);
    child.once('error', error => resolve(error.message));
    child.once('close', (_, signal) =>
      resolve(BOOTED.test(said) ? undefined : failureOf(said, signal, patienceMs)),
    );
  });
}

function failureOf(said: string, signal: string | null, patienceMs: number): string {
  if (signal !== null) return `a kernel did not boot within ${patienceMs / 1000} seconds`;
  return said.trim().split('\n', 1)[0] || 'a kernel did not boot';
}
