/**
 * Runs every test: types, format and lint, build, the suite, and its deterministic parts once more in a foreign locale and
 * time zone. Ends with one line, `N passed, N failed, N skipped`; each of the steps before the suite counts as one test.
 *
 *   node scripts/setup.js scripts/test.js
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const BIN = path.join(ROOT, 'node_modules/.bin');
/** Programs that tests compare vnes with. */
const PROGRAMS = ['git', 'jq', 'openssl', 'python3'];
/** Slovak sorts "ch" after "h", and Samoa is 13 hours ahead: what depends on either shows. */
const ELSEWHERE = { LC_ALL: 'sk_SK.UTF-8', LANG: 'sk_SK.UTF-8', TZ: 'Pacific/Apia' };
const DETERMINISTIC = ['base', 'capsule', 'registry', 'store', 'bus', 'state', 'trust'].map(
  name => `test/${name}/`,
);

const scratch = mkdtempSync(path.join(tmpdir(), 'vnes-test-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const totals = { passed: 0, failed: 0, skipped: 0 };
step('programs', missingPrograms);
step('build', () => command(process.execPath, ['scripts/build.js']));
step('types', () => command('tsc', ['-p', '.']));
step('format and lint', () =>
  command('biome', ['check', '--error-on-warnings', '--diagnostic-level=warn', '.']),
);
suite('suite', [], {});
// All in one process each: the run before had every file in a process of its own.
suite('elsewhere', ['--no-isolate', ...DETERMINISTIC], ELSEWHERE);
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exitCode = totals.failed > 0 ? 1 : 0;

function step(name, check) {
  const problem = check();
  if (problem === undefined) {
    totals.passed += 1;
    process.stdout.write(`ok ${name}\n`);
  } else {
    totals.failed += 1;
    process.stdout.write(`FAILED ${name}\n${problem}\n`);
  }
}

function missingPrograms() {
  const missing = PROGRAMS.filter(program => spawnSync(program, ['--version']).error !== undefined);
  return missing.length > 0 ? `install these first: ${missing.join(' ')}` : undefined;
}

function command(program, args) {
  const file = path.isAbsolute(program) ? program : path.join(BIN, program);
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? undefined : `${error ?? ''}${stdout}${stderr}`;
}

/** One run of vitest. A run that ends without a report, or that found no test, is one failure. */
function suite(name, filters, env) {
  const file = path.join(scratch, `${name}.json`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  const { status } = spawnSync(path.join(BIN, 'vitest'), ['run', ...reporters, ...filters], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report(file);
  totals.passed += numPassedTests;
  totals.failed += numFailedTests;
  totals.skipped += numPendingTests + numTodoTests;
  const silent = (status !== 0 && numFailedTests === 0) || numPassedTests === 0;
  if (silent) step(name, () => `vitest ended with status ${status} and ${numPassedTests} tests`);
}

function report(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
