import path from 'node:path';
import { librariesOf } from '../confine/libraries.ts';
import type { ConfinedLimits, Confinement, Source } from '../confine/types.ts';
import type { VmParts } from './parts.ts';
import { ARCHIVE, FIRMWARE, FIRMWARE_FOLDER, KERNEL, PIECE_FOLDER } from './qemu.ts';

const LIMITS_OF_QEMU: Omit<ConfinedLimits, 'fileBytes'> = {
  openFiles: 64,
  cpuSeconds: 7 * 24 * 3600,
  tasks: 16,
};

/**
 * QEMU asks the C library for the sine and the like of the old floating-point unit, which has several ways to compute them: the one that
 * every processor has. The names are those of the library before version 2.33 and since.
 */
const PLAIN_MATHEMATICS =
  'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable,-FMA4_Usable';

/** A machine as a confined program: QEMU with its arguments, what it reads, and what is in the machine. */
export function confinedQemu(parts: VmParts, args: readonly string[], archive: Buffer): Confinement {
  return {
    policy: 'machine',
    program: { host: parts.qemu },
    args,
    environment: [PLAIN_MATHEMATICS],
    files: new Map<string, Source>([
      ...[...librariesOf(parts.qemu)].map(([inside, host]) => [inside, { host }] as const),
      ...parts.pieces.map(host => [`${PIECE_FOLDER}/${path.basename(host)}`, { host }] as const),
      [`${FIRMWARE_FOLDER}/${FIRMWARE}`, { host: parts.firmware }],
      [KERNEL, { host: parts.kernel }],
      [ARCHIVE, { bytes: archive }],
    ]),
    // The root folder is read-only for QEMU; this is for bubblewrap, which puts the archive there.
    limits: { ...LIMITS_OF_QEMU, fileBytes: archive.length },
  };
}
