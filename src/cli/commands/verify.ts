import path from 'node:path';
import type { JsonValue } from '../../base/json.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import type { Proven } from '../../trust/proof.ts';
import { loadTrust } from '../../trust/store.ts';
import { type Check, diagnosticsOf, type Verdict } from '../../trust/verdict.ts';
import { verifyCapsule } from '../../trust/verify.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';

export const command: CommandSpec = {
  name: 'verify',
  summary: 'check capsules against their receipts and your trust files',
  arguments: [{ name: 'paths', help: 'capsule folders, or folders to look for capsules in', variadic: true }],
  options: [
    { name: 'trust', value: 'FILE', help: "trust file to use instead of the repository's and your own" },
    { name: 'explain', help: 'show every check with its evidence' },
    { name: 'format', value: 'FORM', help: 'text, json, sarif, junit, github or summary', default: 'text' },
    { name: 'sarif', value: 'FILE', help: 'also write the findings as SARIF' },
    { name: 'junit', value: 'FILE', help: 'also write the checks as JUnit XML' },
    { name: 'summary', value: 'FILE', help: 'also write a Markdown table' },
    { name: 'proof', value: 'FILE', help: 'also write the proof, for vnes recheck' },
    { name: 'attest', value: 'FILE', help: 'also write a signed verification summary' },
    { name: 'key', short: 'k', value: 'NAME|FILE', help: 'key that signs the summary' },
    { name: 'passphrase-file', value: 'FILE', help: 'passphrase of that key; - reads standard input' },
  ],
  examples: [
    'vnes verify',
    'vnes verify ./capsules --trust vnes.trust.json',
    'vnes verify ./counter --explain',
  ],
  run: verify,
};

async function verify(context: Context, paths: readonly string[], options: OptionValues): Promise<Result> {
  const { ports } = context;
  const folders = await discoverCapsules(paths.length > 0 ? paths : ['.'], ports.env.cwd);
  const file = typeof options.trust === 'string' ? options.trust : undefined;
  const trust = await loadTrust({ file, capsules: folders }, ports);
  const finish = asksOutputs(options) ? await outputsOf(context, options, folders) : undefined;
  context.progress(`verifying ${folders.length} capsules`);
  const proven: Proven[] = [];
  const verdicts = folders.map(folder => {
    const { verdict, walk } = verifyCapsule(path.resolve(ports.env.cwd, folder), folder, trust);
    // What was read of a thousand capsules is kept only for who asks for it.
    if (finish) proven.push({ verdict, walk });
    return verdict;
  });
  const verified = verdicts.filter(verdict => verdict.admitted).length;
  const totals = { discovered: folders.length, verified, failed: folders.length - verified };
  const result: Result = {
    data: { totals, trust: trust.files, verdicts } as unknown as JsonValue,
    diagnostics: verdicts.flatMap(verdict => diagnosticsOf(verdict.checks)),
    exit: totals.failed === 0 ? 'ok' : 'negative',
    text: paint =>
      [...verdicts.flatMap(verdict => lines(verdict, options.explain === true, paint)), summary(totals)].join(
        '\n',
      ),
  };
  return finish ? finish({ result, proven, trust, time: null }) : result;
}

/** Options that ask for more than text; what they need is loaded only then. */
const OUTPUTS = ['sarif', 'junit', 'summary', 'proof', 'attest'] as const;

function asksOutputs(options: OptionValues): boolean {
  return options.format !== 'text' || OUTPUTS.some(name => options[name] !== undefined);
}

async function outputsOf(context: Context, options: OptionValues, folders: readonly string[]) {
  const { prepareOutputs } = await import('../outputs.ts');
  return prepareOutputs(context, options, folders);
}

function lines(verdict: Verdict, explained: boolean, paint: Paint): readonly string[] {
  const name = verdict.id === undefined ? 'unknown capsule' : `${verdict.id}@${verdict.version}`;
  const proof = verdict.admitted ? `signed by ${verdict.signers.join(', ')}` : failedChecks(verdict.checks);
  const word = verdict.admitted ? paint.good('verified') : paint.bad('failed  ');
  const line = `${word}  ${name}  ${paint.dim(`${verdict.folder}: ${proof}`)}`;
  return explained ? [line, ...verdict.checks.flatMap(check => explain(check, paint))] : [line];
}

function failedChecks(checks: readonly Check[]): string {
  return checks
    .filter(check => check.result === 'fail')
    .map(check => check.id)
    .join(', ');
}

const WORDS = { pass: 'pass   ', fail: 'FAIL   ', blocked: 'blocked' } as const;

function explain({ id, proves, result, evidence = '' }: Check, paint: Paint): readonly string[] {
  const colour = { pass: paint.good, fail: paint.bad, blocked: paint.warn }[result];
  return [`  ${colour(WORDS[result])}  ${id}: ${proves}`, `           ${paint.dim(evidence)}`];
}

function summary({
  discovered,
  verified,
  failed,
}: Record<'discovered' | 'verified' | 'failed', number>): string {
  return `${discovered} discovered = ${verified} verified + ${failed} failed`;
}
