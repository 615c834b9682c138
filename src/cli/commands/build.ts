import { resolve } from 'node:path';
import { type BuildOutcome, buildCapsule } from '../../authoring/build/build.ts';
import { checkBuild } from '../../authoring/build/compare.ts';
import { type Diagnostic, Failure } from '../../base/diagnostic.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Ports } from '../../base/ports.ts';
import { absoluteFolders } from '../../base/search-path.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { cacheFolder } from '../folders.ts';

export const command: CommandSpec = {
  name: 'build',
  summary: 'compile capsules: spec and sources to impl/',
  arguments: [
    {
      name: 'paths',
      help: 'capsule folders, or folders to look for capsules in; by default .',
      variadic: true,
    },
  ],
  options: [{ name: 'check', help: 'write nothing; build again and compare with what is there' }],
  examples: ['vnes build', 'vnes build ./capsules', 'vnes build ./counter --check'],
  run,
};

/** What became of one capsule; without an outcome, it did not build. */
interface Row {
  readonly folder: string;
  readonly outcome?: BuildOutcome;
  readonly diagnostics: readonly Diagnostic[];
}

async function run(context: Context, paths: readonly string[], options: OptionValues): Promise<Result> {
  const { cwd } = context.ports.env;
  const folders = await discoverCapsules(paths.length > 0 ? paths : ['.'], cwd);
  const rows: Row[] = [];
  for (const folder of folders) {
    context.progress(`building ${folder}`);
    rows.push(await buildOne(resolve(cwd, folder), folder, options.check === true, context.ports));
  }
  return {
    data: { checked: options.check === true, capsules: rows.map(toJson) },
    diagnostics: rows.flatMap(row => row.diagnostics),
    text: paint => rows.map(row => describe(row, options.check === true, paint)).join('\n'),
  };
}

/** One capsule that does not build is no reason not to build the others. */
async function buildOne(path: string, folder: string, check: boolean, ports: Ports): Promise<Row> {
  const cacheDir = cacheFolder(ports);
  const machine = { searchPath: absoluteFolders(ports.env.get('PATH')), home: ports.env.home };
  try {
    if (check) return { folder, ...(await checkBuild(path, folder, cacheDir, machine)) };
    const outcome = await buildCapsule(path, folder, cacheDir, machine);
    return { folder, outcome, diagnostics: outcome.warnings };
  } catch (error) {
    if (error instanceof Failure) return { folder, diagnostics: error.diagnostics };
    throw error;
  }
}

function succeeded({ outcome, diagnostics }: Row): boolean {
  return outcome !== undefined && !diagnostics.some(diagnostic => diagnostic.severity === 'error');
}

function toJson(row: Row): JsonObject {
  const { folder, outcome } = row;
  if (!outcome) return { folder, ok: false };
  const { plan, digest, component, note } = outcome;
  return {
    folder,
    ok: succeeded(row),
    id: plan.manifest.id,
    artifact: { path: plan.artifact, digest, bytes: component.length },
    input_hash: note.input_hash,
    toolchain: note.toolchain.map(({ tool, version }) => ({ tool, version })),
    reproducible: note.reproducible,
  };
}

function describe(row: Row, check: boolean, paint: Paint): string {
  const { folder, outcome } = row;
  if (!outcome) return `${paint.bad('failed')} ${folder}`;
  const { plan, component, digest, note } = outcome;
  const verb = succeeded(row) ? paint.good(check ? 'checked' : 'built') : paint.bad('differs');
  const tools = note.toolchain.map(({ tool, version }) => `${tool} ${version}`).join(', ');
  const size = `${(component.length / 1024).toFixed(1)} KiB`;
  return `${verb} ${paint.bold(plan.manifest.id)} ${folder}/${plan.artifact} ${size}\n  ${paint.dim(`${digest} by ${tools}`)}`;
}
