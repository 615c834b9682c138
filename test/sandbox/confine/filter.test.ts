import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { filterFor } from '../../../src/sandbox/confine/filter.ts';
import { POLICIES, type PolicyName } from '../../../src/sandbox/confine/policies.ts';
import {
  ARCHITECTURES,
  type Architecture,
  numberOf,
  SYSCALLS,
  type Syscall,
} from '../../../src/sandbox/confine/syscalls.ts';
import { runFilter } from './machine.ts';

const VERDICTS: Readonly<Record<number, string>> = {
  2147418112: 'allowed',
  2147483648: 'killed',
  327718: 'absent',
};
const MOST_INSTRUCTIONS = 4096;

const CASES = (['node', 'native', 'native_scratch'] as const).flatMap(policy =>
  (['x64', 'arm64'] as const).map(architecture => [policy, architecture] as const),
);

describe.each(CASES)('the filter for %s on %s', (policy: PolicyName, architecture: Architecture) => {
  const program = filterFor(POLICIES[policy], architecture);
  const verdictOf = (call: Syscall, ...args: number[]) =>
    VERDICTS[
      runFilter(program, {
        architecture: ARCHITECTURES[architecture],
        number: numberOf(call, architecture) ?? -1,
        args: args.map(BigInt),
      })
    ];

  test('is one that the kernel takes', () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThan(MOST_INSTRUCTIONS);
  });

  test('ends what calls by the numbers of another architecture', () => {
    const other = architecture === 'x64' ? 'arm64' : 'x64';
    const call = { architecture: ARCHITECTURES[other], number: numberOf('read', architecture)! };
    expect(VERDICTS[runFilter(program, call)]).toBe('killed');
    const x32 = { architecture: ARCHITECTURES[architecture], number: 0x4000_0000 };
    expect(VERDICTS[runFilter(program, x32)]).toBe('killed');
  });

  test.each([
    'ptrace',
    'mount',
    'unshare',
    'setns',
    'bpf',
    'keyctl',
    'userfaultfd',
    'io_uring_enter',
  ] as const)('ends what calls %s', call => {
    expect(verdictOf(call)).toBe('killed');
  });

  test.each(['socket', 'connect', 'kill', 'execveat', 'fork', 'vfork', 'clone3', 'io_uring_setup'] as const)(
    'does not allow %s',
    call => {
      expect(['killed', 'absent']).toContain(verdictOf(call));
    },
  );

  test('allows threads to those who have them, and never a process or a namespace', () => {
    const thread = 0x3d0f00;
    expect(verdictOf('clone', thread)).toBe(policy === 'node' ? 'allowed' : 'killed');
    for (const flags of [0x11, 0x01200011, 0x4000 | 0x100 | 17, thread | 0x1000_0000, thread | 0x2_0000])
      expect(verdictOf('clone', flags)).not.toBe('allowed');
  });

  test('looks at the arguments of what asks about streams and limits', () => {
    expect(verdictOf('ioctl', 0, 0x5401)).toBe('allowed');
    expect(verdictOf('ioctl', 0, 0x5412)).toBe('absent');
    expect(verdictOf('prlimit64', 0)).toBe('allowed');
    expect(verdictOf('prlimit64', 1)).toBe('absent');
  });

  test('names each call at most once, and none that it both allows and refuses', () => {
    const { allow, absent, kill } = POLICIES[policy];
    const certain = [...allow, ...kill, ...(policy === 'node' ? absent : [])];
    expect(certain.filter((call, index) => certain.indexOf(call) !== index)).toEqual([]);
  });
});

const HEADERS = [
  ['x64', '/usr/include/x86_64-linux-gnu/asm/unistd_64.h', {}],
  ['arm64', '/usr/include/asm-generic/unistd.h', { newfstatat: 'fstatat' }],
] as const;

describe.each(HEADERS)(
  'numbers of system calls on %s',
  (architecture, file, renamed: Partial<Record<Syscall, string>>) => {
    test.skipIf(!existsSync(file))('are those of the kernel’s own header', () => {
      const header = readFileSync(file, 'utf8');
      // An older header lacks the newest calls.
      const compared = (Object.keys(SYSCALLS) as Syscall[]).flatMap(call => {
        const name = renamed[call] ?? call;
        const found = new RegExp(`^#define\\s+__NR(?:3264)?_${name}\\s+(\\d+)$`, 'm').exec(header);
        return found ? [[call, numberOf(call, architecture), Number(found[1])] as const] : [];
      });
      expect(compared.filter(([, ours, theirs]) => ours !== theirs)).toEqual([]);
      expect(compared.length).toBeGreaterThan(150);
    });
  },
);
