import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Diagnostic, diagnose, fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { writeAtomically } from '../../base/write-file.ts';
import { TIERS, type Tier } from '../../capsule/tier.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import {
  changedInPlace,
  formatLock,
  LOCK_FILE,
  type Lock,
  lockDifference,
  readLock,
  toLock,
} from '../../registry/lock.ts';
import { type Pool, verifiedPool } from '../../registry/pool.ts';
import { type Resolution, tryResolve, type Unresolved } from '../../registry/resolve.ts';
import { loadTrust } from '../../trust/store.ts';
import { diagnosticsOf } from '../../trust/verdict.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { resolutionText } from '../resolution-text.ts';
import { TRUST_OPTIONS, trustOptions } from '../trust-options.ts';
import { text } from '../values.ts';

export const command: CommandSpec = {
  name: 'resolve',
  summary: 'choose capsules so that every requirement is met, and write the lock file',
  arguments: [
    { name: 'paths', help: 'capsule folders, folders of them, or globs (default: .)', variadic: true },
  ],
  options: [
    {
      name: 'require',
      value: 'NAME@RANGE',
      help: 'capability or id that is needed (default: every capsule found)',
      multiple: true,
    },
    { name: 'min-tier', value: 'TIER', help: `weakest determinism tier allowed: ${TIERS.join(', ')}` },
    { name: 'lock', value: 'FILE', help: 'the lock file', default: LOCK_FILE },
    { name: 'frozen', help: 'fail when the result differs from the lock file; write nothing' },
    { name: 'update', help: 'choose anew, whatever the lock file says' },
    { name: 'dry-run', help: 'write nothing' },
    { name: 'explain', help: 'show the capsules that were not chosen, and why' },
    ...TRUST_OPTIONS,
  ],
  examples: [
    'vnes resolve capsules',
    'vnes resolve capsules --require hypersync.core.geometry@^1 --explain',
    'vnes resolve capsules --frozen',
  ],
  run,
};

async function run(
  { ports, progress }: Context,
  paths: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { cwd } = ports.env;
  if (Array.isArray(options.require) && options.require.includes(''))
    fail('VNES9006', '--require names nothing', { expected: 'NAME or NAME@RANGE' });
  if (options.frozen && options.update) fail('VNES9006', '--frozen and --update exclude each other');
  const lockFile = text(options.lock) ?? LOCK_FILE;
  const before = lockBefore(resolve(cwd, lockFile), lockFile, options);
  const folders = await discoverCapsules(paths.length === 0 ? ['.'] : paths, cwd);
  progress(`verifying ${folders.length} capsules`);
  const pool = verifiedPool(
    folders,
    cwd,
    await loadTrust({ ...trustOptions(options), capsules: folders }, ports),
  );
  const trees = new Map([...pool.verified].map(([name, { tree }]) => [name, tree]));
  const locked = options.update ? undefined : before;
  const changed = locked ? changedInPlace(locked, trees, lockFile) : [];
  const roots = rootsOf(pool, options);
  if (changed.length > 0 || roots.length === 0) return refusal(pool, changed);
  const answer = tryResolve({
    roots,
    candidates: [...pool.verified.values()].map(({ manifest }) => manifest),
    lock: locked,
    constraints: { minTier: minTier(options) },
  });
  if (!answer.ok) return refusal(pool, [answer.diagnostic], answer);
  return settle({ answer, pool, before, after: toLock(roots, answer, trees), lockFile, cwd }, options);
}

interface Settling {
  readonly answer: Resolution;
  readonly pool: Pool;
  readonly before: Lock | undefined;
  readonly after: Lock;
  readonly lockFile: string;
  readonly cwd: string;
}

/** Writes the lock file, unless it says so already, must not change, or a capsule was excluded. */
function settle({ answer, pool, before, after, lockFile, cwd }: Settling, options: OptionValues): Result {
  const changes = before ? lockDifference(before, after) : ['the lock file is new'];
  const differs = options.frozen && changes.length > 0 ? [frozenDiffers(lockFile, changes)] : [];
  const diagnostics = [...differs, ...refusedBy(pool)];
  const positive = diagnostics.length + pool.excluded.length === 0;
  const written = positive && changes.length > 0 && !options['dry-run'];
  if (written) writeAtomically(resolve(cwd, lockFile), formatLock(after));
  return {
    data: toData(pool, after, answer, { file: lockFile, written, changes }),
    diagnostics,
    exit: positive ? 'ok' : 'negative',
    text: paint =>
      resolutionText({ answer, pool, lockFile, written, explain: options.explain === true }, paint),
  };
}

/** The lock file as it is; `--update` starts without one, `--frozen` needs one. */
function lockBefore(path: string, shownAs: string, options: OptionValues): Lock | undefined {
  return options.frozen || existsSync(path) ? readLock(path, shownAs) : undefined;
}

/** What was asked for; without `--require`, every capsule that verified. */
function rootsOf({ verified }: Pool, { require }: OptionValues): readonly string[] {
  if (Array.isArray(require) && require.length > 0) return require;
  return [...new Set(Array.from(verified.values(), ({ manifest }) => manifest.id))];
}

function minTier(options: OptionValues): Tier | undefined {
  const written = text(options['min-tier']);
  if (written === undefined) return undefined;
  const tier = TIERS.find(each => each === written || each.split('_')[0] === written);
  return (
    tier ??
    fail('VNES9006', '--min-tier is not a determinism tier', { expected: TIERS.join(', '), found: written })
  );
}

function frozenDiffers(file: string, changes: readonly string[]): Diagnostic {
  return diagnose('VNES4011', 'the lock file does not match', {
    place: { file },
    expected: 'the same capsules and bindings as are locked',
    found: changes.join('\n'),
    help: 'run vnes resolve without --frozen, and commit the lock file',
  });
}

function refusal(pool: Pool, diagnostics: readonly Diagnostic[], answer?: Unresolved): Result {
  const data = answer ? { reasons: answer.reasons, changes: answer.changes } : {};
  return {
    data: { ...data, excluded: excludedData(pool) } as unknown as JsonValue,
    diagnostics: [...diagnostics, ...refusedBy(pool)],
    exit: 'negative',
    text: () => '',
  };
}

function toData(pool: Pool, lock: Lock, { chosen }: Resolution, file: JsonValue): JsonValue {
  const locked = new Map(lock.capsules.map(capsule => [capsule.id, capsule]));
  const capsules = chosen.map(({ id, version, because }) => ({
    ...locked.get(id)!,
    folder: pool.verified.get(`${id}@${version}`)!.verdict.folder,
    because,
  }));
  return { roots: lock.roots, capsules, excluded: excludedData(pool), lock: file } as unknown as JsonValue;
}

/** What the excluded capsules were refused for. */
function refusedBy({ excluded }: Pool): readonly Diagnostic[] {
  return excluded.flatMap(({ checks }) => diagnosticsOf(checks));
}

function excludedData({ excluded }: Pool) {
  return excluded.map(({ folder, id, version, checks }) => ({
    folder,
    id: id ?? null,
    version: version ?? null,
    reasons: diagnosticsOf(checks).map(({ code, message }) => `${code} ${message}`),
  }));
}
