import { existsSync } from 'node:fs';
import { compile } from './compile.ts';
import { asComponent } from './core.ts';
import type { BuildJob, Built } from './job.ts';
import { findProgram, output, type SystemTool } from './program.ts';

const TARGET = 'wasm32-unknown-unknown';
const CORE = 'core.wasm';
/** The crate's root, which takes the author's `main.rs` in. */
const ENTRY = 'impl/src/abi.rs';

/** A compiler without the library for this target is passed over: a machine may have several. */
export const RUST_COMPILER: SystemTool = {
  names: ['rustc'],
  packages: 'rustc libstd-rust-dev-wasm32 lld',
  serves: (program, environment) => {
    try {
      return existsSync(
        output(program, ['--print', 'target-libdir', '--target', TARGET], environment).trim(),
      );
    } catch {
      return false;
    }
  },
};

/** One unit of code generation, no debug information, no names: the same sources and compiler give the same bytes. */
const FLAGS = [
  '--crate-name=capsule',
  '--crate-type=cdylib',
  '--edition=2021',
  `--target=${TARGET}`,
  '--error-format=short',
  '--color=never',
  '-Copt-level=2',
  '-Cpanic=abort',
  '-Ccodegen-units=1',
  '-Cdebuginfo=0',
  '-Cstrip=symbols',
  '-Clink-arg=-zstack-size=262144',
];

/** Compiles Rust to a component. */
export async function buildRust(job: BuildJob): Promise<Built> {
  const program = findProgram(RUST_COMPILER, job.machine, job.shownAs);
  const compiled = await compile(job, { program, args: [...FLAGS, `-o${CORE}`, ENTRY], output: CORE });
  const toolchain = [{ tool: program.tool, version: program.version }] as const;
  return asComponent(job, { ...compiled, toolchain, boundary: ENTRY, template: 'wasm-rust' });
}
