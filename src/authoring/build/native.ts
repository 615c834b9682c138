import { unitsOf } from './c.ts';
import { compile } from './compile.ts';
import type { BuildJob, Built } from './job.ts';
import { findProgram, type SystemTool } from './program.ts';

const COMPILER: SystemTool = { names: ['gcc', 'cc', 'clang'], packages: 'gcc libc6-dev' };

const PROGRAM = 'capsule';

/**
 * Linked statically at fixed addresses, for nothing else is there where it runs. No contraction of floating-point operations: the
 * same result on every processor. Times of the build, paths, debug information and the linker's own mark stay out.
 */
const FLAGS = [
  '-std=c11',
  '-O2',
  '-g0',
  '-static',
  '-no-pie',
  '-fno-pie',
  '-ffp-contract=off',
  '-Wall',
  '-Wextra',
  '-Werror=date-time',
  '-fdiagnostics-color=never',
  '-Wl,--build-id=none',
  '-Wl,-s',
];

/** Compiles C to an executable, every `.c` file below impl/src/ and the C library of this machine. */
export async function buildNative(job: BuildJob): Promise<Built> {
  const program = findProgram(COMPILER, job.machine, job.shownAs);
  const args = [...FLAGS, '-o', PROGRAM, ...unitsOf(job), '-lm'];
  const { bytes, warnings } = await compile(job, { program, args, output: PROGRAM });
  return {
    steps: [{ step: 'compile', tool: program.tool, output: bytes }],
    toolchain: [{ tool: program.tool, version: program.version }],
    reproducible: true,
    warnings,
  };
}
