import { compareUtf8 } from '../../base/order.ts';
import { compile } from './compile.ts';
import { asComponent } from './core.ts';
import type { BuildJob, Built } from './job.ts';
import { findProgram, type SystemTool } from './program.ts';

const COMPILER: SystemTool = { names: ['clang'], packages: 'clang lld' };
const LINKER: SystemTool = { names: ['wasm-ld'], packages: 'clang lld' };

const CORE = 'core.wasm';

/**
 * No library and no headers but the compiler's own. A full stack traps, for it lies below everything else. Times of the build, paths
 * and debug information stay out, so the same sources and tools give the same bytes. The level of optimisation is told to the compiler proper:
 * its driver would also run whatever `wasm-opt` it finds.
 */
const FLAGS = [
  '--target=wasm32',
  '-std=c11',
  ...['-Xclang', '-O2'],
  '-g0',
  '-ffreestanding',
  '-nostdlib',
  '-nostdlibinc',
  '-mbulk-memory',
  '-Wall',
  '-Wextra',
  '-Werror=date-time',
  '-fno-color-diagnostics',
  '-fno-caret-diagnostics',
  '-Wl,--no-entry',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=262144',
  '-Wl,--strip-all',
];

/** Compiles C to a component with clang, every `.c` file below impl/src/. */
export async function buildC(job: BuildJob): Promise<Built> {
  const program = findProgram(COMPILER, job.machine, job.shownAs);
  const linker = findProgram(LINKER, job.machine, job.shownAs);
  const compiled = await compile(job, {
    program,
    args: [...FLAGS, '-o', CORE, ...unitsOf(job)],
    output: CORE,
  });
  const toolchain = [
    { tool: program.tool, version: program.version },
    { tool: linker.tool, version: linker.version },
  ] as const;
  return asComponent(job, { ...compiled, toolchain, boundary: 'impl/src/abi.c', template: 'wasm-c' });
}

/** The files that are compiled, in an order that depends on their names alone. */
export function unitsOf({ sources }: BuildJob): string[] {
  return [...sources.keys()].filter(path => path.endsWith('.c')).sort(compareUtf8);
}
