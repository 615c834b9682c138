import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../base/ports.ts';
import { absoluteFolders, isExecutable } from '../base/search-path.ts';

/** A program of the machine that some command uses. */
export interface Tool {
  readonly name: string;
  /** What uses it. */
  readonly use: string;
  /** Names of the program, any of which will do. */
  readonly programs: readonly string[];
  /** Names of its packages by family of distribution; the first where they have the same everywhere. */
  readonly packages: Readonly<Partial<Record<Family, string>>> & { readonly debian: string };
}

export const FAMILIES = ['debian', 'fedora', 'alpine', 'arch'] as const;
export type Family = (typeof FAMILIES)[number];

export const BUBBLEWRAP_PACKAGE = { debian: 'bubblewrap' } as const;
/** QEMU, the program that starts its machine, and a kernel for it. */
export const MACHINE_PACKAGES = {
  debian: 'qemu-system-x86 busybox-static linux-image-cloud-amd64',
} as const;

export const TOOLS: readonly Tool[] = [
  { name: 'git', use: 'verify --staged, --since, --tree', programs: ['git'], packages: { debian: 'git' } },
  {
    name: 'ssh-agent',
    use: 'keys ssh-agent:...',
    programs: ['ssh-agent'],
    packages: { debian: 'openssh-client', fedora: 'openssh-clients', arch: 'openssh' },
  },
  {
    name: 'python3',
    use: 'keys pkcs11:...',
    programs: ['python3'],
    packages: { debian: 'python3', arch: 'python' },
  },
  {
    name: 'gcc or clang',
    use: 'template native-c',
    programs: ['gcc', 'cc', 'clang'],
    packages: { debian: 'gcc libc6-dev', fedora: 'gcc glibc-static', alpine: 'gcc musl-dev', arch: 'gcc' },
  },
  {
    name: 'clang and wasm-ld',
    use: 'template wasm-c',
    programs: ['wasm-ld'],
    packages: { debian: 'clang lld' },
  },
  {
    name: 'rustc',
    use: 'template wasm-rust',
    programs: ['rustc'],
    packages: {
      debian: 'rustc libstd-rust-dev-wasm32 lld',
      fedora: 'rust rust-std-static-wasm32-unknown-unknown lld',
      alpine: 'rust rust-wasm lld',
      arch: 'rust rust-wasm lld',
    },
  },
];

const INSTALL: Readonly<Record<Family, string>> = {
  debian: 'apt-get install',
  fedora: 'dnf install',
  alpine: 'apk add',
  arch: 'pacman -S',
};

/** Where a tool is, along the search path. */
export function whereIs({ programs }: Pick<Tool, 'programs'>, env: Environment): string | undefined {
  const folders = absoluteFolders(env.get('PATH')).split(path.delimiter);
  return programs.flatMap(name => folders.map(folder => path.join(folder, name))).find(isExecutable);
}

/** The command that installs packages on this machine; undefined where that is not known. */
export function installs(packages: Tool['packages'], family: Family | undefined): string | undefined {
  return family && `${INSTALL[family]} ${packages[family] ?? packages.debian}`;
}

/** The family of this machine's distribution, by what it says of itself (os-release(5)). */
export function familyHere(): Family | undefined {
  try {
    return familyIn(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The same, from the text of the file. */
export function familyIn(text: string): Family | undefined {
  const named = [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, ids = '']) =>
    ids.split(/\s+/),
  );
  const known = named.map(id => (id === 'ubuntu' ? 'debian' : id === 'rhel' ? 'fedora' : id));
  return FAMILIES.find(family => known.includes(family));
}
