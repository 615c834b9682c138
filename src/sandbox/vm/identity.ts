import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Digest, sha256 } from '../../base/digest.ts';
import { LIMITS } from '../../base/limits.ts';
import type { MachinePart, RecordedMachine } from '../../store/record.ts';
import { librariesOf } from '../confine/libraries.ts';
import { archive } from './archive.ts';
import { findVmParts, type VmParts } from './parts.ts';
import { fileEntries } from './program-contents.ts';
import { programArguments } from './qemu.ts';

/** Of QEMU's libraries the one that computes numbers for it. */
const MATHEMATICS = /^libm\./;
const VERSION_MS = 20_000;

/** What of the host a program in a machine depends on; undefined where there can be no machine. `python`: also the system's interpreter. */
export async function machineHere(python: boolean): Promise<RecordedMachine | undefined> {
  const parts = findVmParts();
  if (!('qemu' in parts)) return undefined;
  return {
    qemu: { version: versionOf(parts), digest: digestOf(qemuFiles(parts)) },
    kernel: { version: path.basename(parts.kernel), digest: digestOf([parts.kernel]) },
    arguments: programArguments(0, 0),
    ...(python ? { python: await pythonHere() } : {}),
  };
}

function qemuFiles({ qemu, pieces, firmware }: VmParts): readonly string[] {
  const libraries = [...librariesOf(qemu).values()].filter(file => MATHEMATICS.test(path.basename(file)));
  return [qemu, ...pieces, firmware, ...libraries];
}

function digestOf(files: readonly string[]): Digest {
  return sha256(Buffer.concat(files.map(file => readFileSync(file))));
}

/** `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)` without its first words. */
function versionOf({ qemu }: VmParts): string {
  try {
    const options = { env: {}, cwd: '/', encoding: 'utf8', timeout: VERSION_MS } as const;
    const [line = ''] = execFileSync(qemu, ['--version'], options).split('\n');
    return line.replace(/^.*\bversion /, '').slice(0, LIMITS.messageLength);
  } catch {
    return 'of an unknown version';
  }
}

/** The interpreter with all that it reads, but for the capsule. */
async function pythonHere(): Promise<MachinePart> {
  const { findPython, systemPython } = await import('../python/system.ts');
  const { name } = findPython();
  const program = systemPython({ language: 'python', entry: { module: '', callable: '' }, files: new Map() });
  return { version: name, digest: sha256(Buffer.concat(archive(fileEntries(program)))) };
}
