import { findProgram, type SystemTool, USUAL_MACHINE } from '../../src/authoring/build/program.ts';
import { RUST_COMPILER } from '../../src/authoring/build/rust.ts';
import { Failure } from '../../src/base/diagnostic.ts';

/** Why tests of a language are skipped here, or nothing: its compilers are those of Debian, which `.ci/run` installs. */
export function lacks(language: 'c' | 'rust'): string {
  const tools: Record<string, readonly SystemTool[]> = {
    c: ['clang', 'wasm-ld', 'cc'].map(name => ({ names: [name], packages: 'clang lld gcc' })),
    rust: [RUST_COMPILER],
  };
  try {
    for (const tool of tools[language]!) findProgram(tool, USUAL_MACHINE, '.');
    return '';
  } catch (error) {
    if (error instanceof Failure) return `skipped: ${error.diagnostics[0].message}`;
    throw error;
  }
}
