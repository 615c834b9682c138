import { fail, type Place } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';
import { type LoadNeeds, readLoadNeeds } from '../confine/elf.ts';

/** Numbers of architectures in ELF files, by Node's names for them. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };
const MACHINE_AT = 18;

/**
 * Refuses what is no program for this machine, and one that would load libraries of the machine: those are nothing that anybody has
 * signed. Runs nothing. @throws Failure VNES5041
 */
export function inspectProgram(bytes: Uint8Array, place: Place): void {
  const needs = read(bytes, place);
  const machine = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt16LE(MACHINE_AT);
  if (machine !== MACHINES[process.arch]) refuse(place, `a program for the architecture ${machine}`);
  const [library] = needs.libraries;
  if (needs.interpreter !== undefined || library !== undefined)
    refuse(place, `one that loads ${(library ?? needs.interpreter)!.slice(0, LIMITS.messageLength)}`);
}

function read(bytes: Uint8Array, place: Place): LoadNeeds {
  try {
    return readLoadNeeds((offset, length) => Buffer.from(bytes.subarray(offset, offset + length)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse(place, error.message);
  }
}

function refuse(place: Place, found: string): never {
  return fail('VNES5041', 'the file is not a native program that can be run here', {
    place,
    expected: `an ELF executable for Linux on ${process.arch}, linked statically`,
    found,
    help: 'build it on this machine with `vnes build`, or link it with -static',
  });
}
