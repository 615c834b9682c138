import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Manifest } from '../../capsule/manifest.ts';
import type { Machine } from './program.ts';

/** What a builder gets: the very bytes that `input_hash` covers, and nothing else of the capsule. */
export interface BuildJob {
  /** Absolute path of the capsule; only to find its compilers. */
  readonly folder: string;
  /** The folder as the user named it, for diagnostics. */
  readonly shownAs: string;
  readonly manifest: Manifest;
  /** Where compilers of the system are. */
  readonly machine: Machine;
  /** Where what is made of tools is kept between builds. */
  readonly cacheDir?: string | undefined;
  /** `impl/src/**` by path below the capsule's folder, with `/`. */
  readonly sources: ReadonlyMap<string, Uint8Array>;
}

/** One tool that took part, with its exact version. */
export interface Tool {
  readonly tool: string;
  readonly version: string;
}

/** One step on the way from sources to artifact, with the bytes that came out of it. */
export interface Step {
  readonly step: string;
  readonly tool: string;
  readonly output: Uint8Array;
}

export interface Built {
  /** The artifact is the last step's output. */
  readonly steps: readonly [Step, ...Step[]];
  readonly toolchain: readonly Tool[];
  /** Whether the same inputs and tools give the same bytes. */
  readonly reproducible: boolean;
  readonly warnings: readonly Diagnostic[];
}

/** Compiles one language. @throws Failure VNES5401 for a missing tool, VNES5402 and VNES5403 for sources that do not build. */
export type Builder = (job: BuildJob) => Promise<Built>;
