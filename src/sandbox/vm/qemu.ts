import type { UnpinnedNative } from '../unpinned.ts';

/** Files that QEMU reads, by their paths where it runs. */
export const KERNEL = '/vm/kernel';
export const ARCHIVE = '/vm/archive';
export const FIRMWARE_FOLDER = '/vm/firmware';
/** Where QEMU of Debian looks for its pieces, with `/usr/lib` and the like being `/lib` inside (confine/libraries.ts). */
export const PIECE_FOLDER = '/lib/qemu';
export const FIRMWARE = 'bios-microvm.bin';

/**
 * A processor as the translator of QEMU plays it: no instruction that gives randomness, and the vector instructions that
 * WebAssembly needs but no later ones, by whose presence the C library would choose other code for its mathematics.
 */
const PROCESSOR = 'Nehalem-v1';

/**
 * Virtual nanoseconds of an instruction as a power of two. Time in the machine is the number of instructions that it has executed, so
 * its timer interrupts come after the same instructions on every host. When it waits, time jumps to the next timer.
 */
const INSTRUCTION_SHIFT = 4;
const OTHER_SHIFT = 5;

/** Nothing that differs between two starts; it is powered off when something is wrong. */
const SAME_EACH_TIME = 'quiet panic=-1 reboot=t nokaslr vdso=0 init=/init';
/** No address is drawn at random. */
const FIXED_ADDRESSES = 'norandmaps';
/**
 * What a kernel need not find out here: how fast the processor is, whether its counter is steady and its own ciphers are right. There is no
 * speculation that it would have to guard against, for each instruction is translated.
 */
const KNOWN = 'lpj=1000000 tsc=reliable cryptomgr.notests mitigations=off';
const KERNEL_COMMAND = `${SAME_EACH_TIME} ${KNOWN}`;
/** For what QEMU itself would draw at random. */
const SEED = '1';

/** What all machines are: one processor, memory, no disk, no network and no clock of the host. */
function machineArguments(
  memoryMib: number,
  serial: 'on' | 'off',
  kernelCommand: string,
  shift = INSTRUCTION_SHIFT,
): string[] {
  return [
    ...['-no-user-config', '-nodefaults', '-no-reboot', '-display', 'none', '-monitor', 'none'],
    ...['-machine', `microvm,x-option-roms=off,isa-serial=${serial}`, '-accel', 'tcg', '-cpu', PROCESSOR],
    ...['-smp', '1', '-m', String(memoryMib), '-seed', SEED],
    ...['-icount', `shift=${shift},sleep=off`, '-rtc', 'base=2000-01-01,clock=vm'],
    ...['-L', FIRMWARE_FOLDER, '-kernel', KERNEL, '-initrd', ARCHIVE, '-append', kernelCommand],
  ];
}

/** Arguments of `qemu-system-x86_64` for a machine with one port, which is the descriptor `channel` of QEMU. */
export function agentArguments(memoryMib: number, channel: number): string[] {
  return [
    ...machineArguments(memoryMib, 'on', `console=ttyS0 ${KERNEL_COMMAND} ${FIXED_ADDRESSES}`),
    ...['-serial', 'null', '-device', 'virtio-serial-device'],
    ...['-chardev', `socket,id=host,fd=${channel}`, '-device', 'virtserialport,chardev=host,name=host'],
  ];
}

/**
 * The same for a machine without any device, which stands still until the debugger at the descriptor `channel` lets it go.
 */
export function programArguments(
  memoryMib: number,
  channel: number,
  { anywhere = false, counter = false }: UnpinnedNative = {},
): string[] {
  const kernelCommand = anywhere ? KERNEL_COMMAND : `${KERNEL_COMMAND} ${FIXED_ADDRESSES}`;
  return [
    ...machineArguments(memoryMib, 'off', kernelCommand, counter ? OTHER_SHIFT : INSTRUCTION_SHIFT),
    ...['-chardev', `socket,id=host,fd=${channel}`, '-gdb', 'chardev:host', '-S'],
  ];
}
