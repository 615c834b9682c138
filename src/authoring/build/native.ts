import type { Diagnostic } from '../../base/diagnostic.ts';
import { unitsOf } from './c.ts';
import { compile } from './compile.ts';
import type { BuildJob, Built, Step } from './job.ts';
import { type FoundProgram, findProgram, type SystemTool } from './program.ts';

const COMPILER: SystemTool = { names: ['gcc', 'cc', 'clang'], packages: 'gcc libc6-dev' };

const PROGRAM = 'capsule';
/** The library as a source of the program that loads it. */
const LIBRARY = 'impl/src/capsule.so';
const LIBRARY_SOURCES = 'impl/src/library/';

/**
 * No contraction of floating-point operations: the same result on every processor. Times of the build, paths, debug information and
 * the linker's own mark stay out.
 */
const COMMON = [
  '-std=c11',
  '-O2',
  '-g0',
  '-Iimpl/src',
  '-ffp-contract=off',
  '-Wall',
  '-Wextra',
  '-Werror=date-time',
  '-fdiagnostics-color=never',
  '-Wl,--build-id=none',
  '-Wl,-s',
];

/** Linked statically at fixed addresses, for nothing else is there where it runs. */
const STATIC = [...COMMON, '-static', '-no-pie', '-fno-pie'];

/** A library that needs no other. */
const SHARED = [...COMMON, '-shared', '-fPIC', '-nostdlib', '-ffreestanding'];

/** Compiles C to an executable, every `.c` file below impl/src/ and the C library of this machine. */
export async function buildNative(job: BuildJob): Promise<Built> {
  const program = findProgram(COMPILER, job.machine, job.shownAs);
  const args = [...STATIC, '-o', PROGRAM, ...unitsOf(job), '-lm'];
  const { bytes, warnings } = await compile(job, { program, args, output: PROGRAM });
  return built(program, [{ step: 'compile', tool: program.tool, output: bytes }], warnings);
}

/** Makes a shared library of impl/src/library/, or takes the one that is there, and an executable that holds and loads it. */
export async function buildLibrary(job: BuildJob): Promise<Built> {
  const program = findProgram(COMPILER, job.machine, job.shownAs);
  const units = unitsOf(job);
  const own = units.filter(path => path.startsWith(LIBRARY_SOURCES));
  const library = job.sources.has(LIBRARY)
    ? { bytes: job.sources.get(LIBRARY)!, warnings: [] }
    : await compile(job, { program, args: [...SHARED, '-o', PROGRAM, ...own], output: PROGRAM });
  const sources = new Map([...job.sources, [LIBRARY, library.bytes] as const]);
  const rest = units.filter(path => !own.includes(path));
  const args = [...STATIC, '-o', PROGRAM, ...rest];
  const { bytes, warnings } = await compile({ ...job, sources }, { program, args, output: PROGRAM });
  return built(
    program,
    [
      { step: 'library', tool: program.tool, output: library.bytes },
      { step: 'compile', tool: program.tool, output: bytes },
    ],
    [...library.warnings, ...warnings],
  );
}

function built(
  { tool, version }: FoundProgram,
  steps: readonly [Step, ...Step[]],
  warnings: readonly Diagnostic[],
): Built {
  return { steps, toolchain: [{ tool, version }], reproducible: true, warnings };
}
