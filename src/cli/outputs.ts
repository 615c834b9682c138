import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Code } from '../base/codes/all.ts';
import { fail, warn } from '../base/diagnostic.ts';
import { formatUtc } from '../base/time.ts';
import { writeAtomically } from '../base/write-file.ts';
import type { ProofContext } from '../trust/proof.ts';
import { proofText, timeOf } from '../trust/proof.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Proven } from '../trust/verdict.ts';
import type { Context, OptionValues, Result } from './command.ts';
import type { FoundInGit } from './gate.ts';
import { packageVersion } from './package-version.ts';
import { githubText } from './render/github.ts';
import { renderJson } from './render/json.ts';
import { junitText } from './render/junit.ts';
import { resultReport } from './render/report.ts';
import { sarifText } from './render/sarif.ts';
import { summaryText } from './render/summary.ts';
import { timeOption } from './time-option.ts';

/** What a verification came to: all that an output may show. */
export interface Verified {
  readonly result: Result;
  readonly proven: readonly Proven[];
  readonly trust: TrustStore;
  readonly git?: FoundInGit | undefined;
}

type Output = (verified: Verified, context: Context) => string;

/** Every form of a verification. Each is a function of the verdicts, and the same verdicts always give the same bytes. */
const OUTPUTS = {
  json: ({ result }) => renderJson(resultReport('verify', result)).out,
  sarif: (verified, context) =>
    sarifText(verdictsOf(verified), {
      cwd: context.ports.env.cwd,
      version: packageVersion(),
      page: pageOf(context),
    }),
  junit: verified => junitText(verdictsOf(verified)),
  github: (verified, { ports }) => githubText(verdictsOf(verified), ports.env.cwd),
  summary: verified => summaryText(verdictsOf(verified)),
  proof: verified => proofText(verified.proven, proofContext(verified)),
} as const satisfies Record<string, Output>;

type Format = keyof typeof OUTPUTS;
const FORMATS: readonly (Format | 'text')[] = ['text', 'json', 'sarif', 'junit', 'github', 'summary'];
const FILES: readonly Format[] = ['sarif', 'junit', 'summary', 'proof'];

/** Writes the files that were asked for, and returns the result with what goes to standard output. */
export type Finish = (verified: Verified) => Promise<Result>;

/**
 * Looks at the options about outputs before anything is verified, so that nobody waits for a mistake.
 * @throws Failure VNES9006 for a format that there is not, VNES9012 for a file in a capsule, VNES2031 to VNES2034 for a bad key.
 */
export async function prepareOutputs(
  context: Context,
  options: OptionValues,
  folders: readonly string[],
): Promise<Finish> {
  const format = formatOf(options);
  const files = [...FILES, 'attest' as const].flatMap(name => {
    const file = options[name];
    return typeof file === 'string'
      ? [{ name, file: target(file, `--${name}`, folders, context.ports.env.cwd) }]
      : [];
  });
  const attesting = files.some(({ name }) => name === 'attest')
    ? await attestor(context, options)
    : undefined;
  return async verified => {
    for (const { name, file } of files) {
      if (name !== 'attest') writeAtomically(file, OUTPUTS[name](verified, context));
    }
    const refused = whyNoSummary(verified);
    const attested = files.find(({ name }) => name === 'attest');
    if (attested && attesting && !refused) writeAtomically(attested.file, await attesting(verified));
    const result = attested && refused ? withoutSummary(verified.result, refused) : verified.result;
    if (format === 'text') return result;
    return { ...result, lines: linesOf(OUTPUTS[format](verified, context)) };
  };
}

function linesOf(output: string): readonly string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n');
}

function formatOf(options: OptionValues): Format | 'text' {
  const { format = 'text', json } = options;
  const known = FORMATS.find(each => each === format);
  const clash = json === true && known !== 'json' && known !== 'text';
  if (known && !clash) return json === true ? 'text' : known;
  return fail('VNES9006', clash ? '--json and --format ask for two forms' : 'there is no such format', {
    expected: clash ? 'one of the two' : `--format ${FORMATS.join(', ')}`,
    found: `--format ${String(format)}`,
  });
}

/** The path to write to: neither in a capsule under test, which it would change, nor over a device. */
function target(file: string, option: string, folders: readonly string[], cwd: string): string {
  const absolute = path.resolve(cwd, file);
  const inside = folders.find(folder => isInside(absolute, path.resolve(cwd, folder)));
  const taken = existsSync(absolute) && !statSync(absolute).isFile();
  if (inside === undefined && !taken) return absolute;
  return fail('VNES9012', `${option} names no place to write to`, {
    place: { file },
    expected: 'a file outside of the capsules',
    found: taken ? 'what is no plain file' : `a place in the capsule ${inside}`,
    help: `${option} ./report, or --format to print it`,
  });
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

async function attestor(
  context: Context,
  options: OptionValues,
): Promise<(verified: Verified) => Promise<string>> {
  const [{ openKey }, { attest }, { signingTime }] = await Promise.all([
    import('./signing-key.ts'),
    import('../trust/attest.ts'),
    import('../trust/statement.ts'),
  ]);
  const now = timeOption(options);
  const given = now === undefined ? undefined : formatUtc(now);
  const key = await openKey(context, options);
  return verified =>
    attest(
      verified.proven,
      proofContext(verified),
      timeOf(verified.trust, verified.git?.facts) ?? given ?? signingTime(context.ports),
      key,
    );
}

/** A summary is about capsules that are all admitted, and of which there are some. */
function whyNoSummary(verified: Verified): string | undefined {
  if (verified.proven.some(({ verdict }) => !verdict.admitted)) return 'a capsule was refused';
  if (verified.git && verified.git.refusal.length > 0) return 'the change was refused';
  return verified.proven.length === 0 ? 'no capsule was examined' : undefined;
}

/** The refusals say why; this says what was not done about them. */
function withoutSummary(result: Result, why: string): Result {
  const told = warn('VNES2704', `${why}, so no summary was written`, {
    expected: 'capsules that are all admitted',
    help: '--proof FILE writes down refusals too',
  });
  return { ...result, diagnostics: [...result.diagnostics, told] };
}

function proofContext({ trust, git }: Verified): ProofContext {
  return { verifier: { name: 'vnes', version: packageVersion() }, trust, git };
}

/** All verdicts; what is wrong with a change as a whole is told as one more. */
function verdictsOf({ proven, git }: Verified) {
  return [...proven, ...(git?.refusal ?? [])].map(({ verdict }) => verdict);
}

function pageOf(context: Context): (code: Code) => string {
  return code => readFileSync(path.join(context.asset('docs'), 'errors', `${code}.md`), 'utf8');
}
