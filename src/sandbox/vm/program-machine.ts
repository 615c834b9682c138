import { CHANNEL, type Confinement } from '../confine/types.ts';
import type { UnpinnedNative } from '../unpinned.ts';
import { confinedQemu } from './confined-qemu.ts';
import { vmPartsHere } from './parts.ts';
import { programContents } from './program-contents.ts';
import { programArguments } from './qemu.ts';

const MIB = 1024 * 1024;
/** For the kernel. */
const KERNEL_MIB = 96;
/** Packed and unpacked. */
const TIMES_IN_MEMORY = 2;

/** The machine of one program that is limited in its addresses. @throws Error when there can be none on this host */
export function programMachine(program: Confinement, unpinned: UnpinnedNative = {}): Confinement {
  const archive = Buffer.concat(programContents(program));
  const memoryMib = memoryFor(program.limits.addressBytes ?? 0, archive.length);
  return confinedQemu(vmPartsHere(), programArguments(memoryMib, CHANNEL, unpinned), archive);
}

/** In MiB, by what the program may use and what is packed. */
export function memoryFor(addressBytes: number, archiveBytes: number): number {
  return KERNEL_MIB + Math.ceil((addressBytes + TIMES_IN_MEMORY * archiveBytes) / MIB);
}
