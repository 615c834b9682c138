import { readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { FIRMWARE } from './qemu.ts';

/** What a machine is made of on this host. */
export interface VmParts {
  readonly qemu: string;
  readonly firmware: string;
  /** What QEMU loads besides its libraries where it is built in pieces, as Debian has it. */
  readonly pieces: readonly string[];
  readonly busybox: string;
  readonly kernel: string;
  /** The kernel's modules for the port, in the order of loading; none where it has them built in. */
  readonly modules: readonly string[];
}

/** What is not there, and where it was looked for. */
export interface Missing {
  readonly what: string;
  readonly where: string;
  /** Package of Debian and Ubuntu. */
  readonly package: string;
}

const PROGRAM_FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/libexec'];
/** The translator, of which some have a piece and others have it in the program. */
const PIECE = '/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so';
/** Where QEMU keeps what a machine starts with. */
const FIRMWARE_FOLDERS = ['/usr/share/qemu', '/usr/share/seabios', '/usr/local/share/qemu'];
const KERNELS = '/boot';
const MODULES = '/lib/modules';
const KERNEL = /^vmlinuz-(.+)$/;
/** Each needs the ones before it. */
const PORT = ['virtio/virtio_ring', 'virtio/virtio', 'virtio/virtio_mmio', 'char/virtio_console'];

/**
 * Looks for the parts in the system's own folders alone. The kernel for machines in clouds is preferred, as the smallest, then the last
 * one by name.
 */
export function findVmParts(): VmParts | readonly Missing[] {
  const qemu = findIn(PROGRAM_FOLDERS, 'qemu-system-x86_64');
  const firmware = findIn(FIRMWARE_FOLDERS, FIRMWARE);
  const busybox = findIn(PROGRAM_FOLDERS, 'busybox');
  const kernel = findKernel();
  if (qemu && firmware && busybox && kernel)
    return { qemu, firmware, pieces: [PIECE].filter(isFile), busybox, ...kernel };
  const missing: Missing[] = [];
  const where = PROGRAM_FOLDERS.join(', ');
  if (!qemu) missing.push({ what: 'qemu-system-x86_64', where, package: 'qemu-system-x86' });
  if (qemu && !firmware)
    missing.push({ what: FIRMWARE, where: FIRMWARE_FOLDERS.join(', '), package: 'qemu-system-x86' });
  if (!busybox) missing.push({ what: 'busybox', where, package: 'busybox-static' });
  if (!kernel) missing.push(MISSING_KERNEL);
  return missing;
}

const MISSING_KERNEL: Missing = {
  what: 'a Linux kernel that can be read, with its modules',
  where: `${KERNELS}, ${MODULES}`,
  package: 'linux-image-cloud-amd64',
};

function findIn(folders: readonly string[], name: string): string | undefined {
  return folders.map(folder => path.join(folder, name)).find(isFile);
}

function findKernel(): Pick<VmParts, 'kernel' | 'modules'> | undefined {
  const releases = list(KERNELS)
    .flatMap(name => KERNEL.exec(name)?.[1] ?? [])
    .sort()
    .reverse();
  const cloud = releases.filter(release => release.includes('cloud'));
  for (const release of [...cloud, ...releases]) {
    const kernel = path.join(KERNELS, `vmlinuz-${release}`);
    const modules = isFile(kernel) ? findModules(release) : undefined;
    if (modules) return { kernel: realpathSync(kernel), modules };
  }
  return undefined;
}

/** Undefined when one of them is neither a file that the machine can load nor built in. */
function findModules(release: string): string[] | undefined {
  const found = PORT.map(name => path.join(MODULES, release, 'kernel/drivers', `${name}.ko`));
  return found.every(isFile) ? found : undefined;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The parts, found anew each time. @throws Error where one is missing */
export function vmPartsHere(): VmParts {
  const obstacle = obstacleToMachines();
  const parts = findVmParts();
  if (obstacle === undefined && 'qemu' in parts) return parts;
  throw new Error(obstacle);
}

/** Why there can be no machine here, as far as that is known without starting one; undefined when there can. */
export function obstacleToMachines(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `the virtual machine needs Linux on x86-64, and this is ${process.platform} on ${process.arch}`;
  const parts = findVmParts();
  if ('qemu' in parts) return undefined;
  return parts.map(({ what, where }) => `${what} was not found in ${where}`).join('; ');
}
