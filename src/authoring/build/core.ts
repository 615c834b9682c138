import { type Diagnostic, diagnose, Failure, fail } from '../../base/diagnostic.ts';
import type { Compiled } from './compile.ts';
import { COMPONENT_TOOL, toComponent } from './component.ts';
import type { BuildJob, Built, Tool } from './job.ts';

/** What a compiler made, and the tools that took part; the first is named in the note as the one that compiled. */
export interface CoreBuild extends Compiled {
  readonly toolchain: readonly [Tool, ...Tool[]];
  /** The file that holds the component's boundary, and where an untouched one comes from. */
  readonly boundary: string;
  readonly template: string;
}

/** A core module of the capsule world as a component. @throws Failure VNES5403, VNES5404 */
export async function asComponent(job: BuildJob, build: CoreBuild): Promise<Built> {
  const { bytes, toolchain, warnings } = build;
  refuseForeignImports(bytes, job);
  const component = await toComponent(bytes).catch((error: unknown) => refuseModule(job, build, error));
  const [{ tool }] = toolchain;
  return {
    steps: [
      { step: 'compile', tool, output: bytes },
      { step: 'component', tool: COMPONENT_TOOL.tool, output: component },
    ],
    toolchain: [...toolchain, COMPONENT_TOOL],
    reproducible: true,
    warnings,
  };
}

function refuseForeignImports(core: Uint8Array, job: BuildJob): void {
  const foreign = WebAssembly.Module.imports(new WebAssembly.Module(Uint8Array.from(core))).filter(
    ({ module }) => !module.startsWith('vnes:capsule/'),
  );
  const [first, ...more] = foreign.map(each => foreignImport(each, job));
  if (first) throw new Failure(first, ...more);
}

function foreignImport(
  { module, name }: { readonly module: string; readonly name: string },
  job: BuildJob,
): Diagnostic {
  return diagnose('VNES5404', `the sources use ${module}.${name}, which no capsule gets`, {
    place: { file: `${job.shownAs}/impl/src` },
    expected: 'imports from vnes:capsule/* only',
    found: `${module}.${name}`,
  });
}

function refuseModule(job: BuildJob, { boundary, template }: CoreBuild, error: unknown): never {
  return fail('VNES5403', 'the compiled module does not fit the capsule world', {
    place: { file: `${job.shownAs}/${boundary}` },
    found: String(error instanceof Error ? error.message : error).split('\n')[0],
    help: `compare ${boundary} with the one of a fresh \`vnes scaffold ${template}\``,
  });
}
