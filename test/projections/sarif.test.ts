import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sarifText } from '../../src/cli/render/sarif.ts';
import type { Verdict } from '../../src/trust/verdict.ts';
import { temporaryFolder } from '../trust/capsules.ts';
import { gate, HOSTILE, hostileVerdict, verdictsIn } from './gate.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs/errors');
const CONTEXT = {
  cwd: '/work',
  version: '1.2.3',
  page: (code: string) => readFileSync(path.join(DOCS, `${code}.md`), 'utf8'),
};

interface Sarif {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly Rule[] } };
    readonly results: readonly SarifResult[];
    readonly properties: Readonly<Record<string, number>>;
    readonly invocations: readonly { readonly toolExecutionNotifications?: readonly unknown[] }[];
  }[];
}
interface Rule {
  readonly id: string;
  readonly help: { readonly text: string; readonly markdown: string };
  readonly properties: { readonly tags: readonly string[] };
}
interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly message: { readonly text: string };
  readonly locations: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: { readonly uri: string };
        readonly region: { readonly startLine: number };
      };
    },
  ];
  readonly partialFingerprints: { readonly primaryLocationLineHash: string };
}

function sarifOf(verdicts: readonly Verdict[]): Sarif {
  return JSON.parse(sarifText(verdicts, CONTEXT)) as Sarif;
}

/** The program of Microsoft's validator on this platform. */
function validator(): string | undefined {
  const name = { linux: 'linux', darwin: 'darwin', win32: 'win32' }[process.platform as string];
  try {
    const program: string = createRequire(import.meta.url)(`@microsoft/sarif-multitool-${name}`);
    return existsSync(program) && process.arch === 'x64' ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Ids of the rules that the text breaks, by Microsoft's validator with the rules of SARIF and of GitHub. */
function violations(program: string, text: string): string[] {
  const folder = temporaryFolder();
  const [input, output] = [path.join(folder, 'in.sarif'), path.join(folder, 'out.sarif')];
  writeFileSync(input, text);
  // What npm installs without running scripts of packages may not be executable.
  chmodSync(program, 0o755);
  const words = [
    'validate',
    input,
    '--rule-kind',
    'Sarif;Ghas',
    '--level',
    'Error;Warning',
    '--output',
    output,
  ];
  const env = { PATH: process.env.PATH, HOME: folder, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };
  const { stdout } = spawnSync(program, words, { env, encoding: 'utf8' });
  if (!existsSync(output)) throw new Error(`the validator wrote nothing: ${stdout}`);
  const found = JSON.parse(readFileSync(output, 'utf8')) as Sarif;
  return [...new Set(found.runs[0]!.results.map(({ ruleId }) => ruleId))].sort();
}

const program = validator();

describe('SARIF', () => {
  test.skipIf(program === undefined)("passes Microsoft's validator with GitHub's rules", () => {
    const { folder, trust } = gate();
    const text = sarifText([...verdictsIn(folder, trust), hostileVerdict(HOSTILE)], CONTEXT);
    expect(violations(program!, text)).toEqual([]);
    expect(violations(program!, sarifText([], CONTEXT))).toEqual([]);
  });

  test.skipIf(program === undefined)('and the validator does find fault', () => {
    const { folder, trust } = gate();
    const text = sarifText(verdictsIn(folder, trust), CONTEXT);
    expect(violations(program!, text.replaceAll('"startLine"', '"endLine"'))).not.toEqual([]);
    expect(violations(program!, text.replaceAll('"locations"', '"relatedLocations"'))).not.toEqual([]);
    expect(violations(program!, text.replace('"version": "2.1.0"', '"version": "2.0.0"'))).not.toEqual([]);
  });

  test('has every finding once, with its rule, and its totals', () => {
    const { folder, trust } = gate();
    const verdicts = verdictsIn(folder, trust);
    const [run] = sarifOf(verdicts).runs;
    const expected = verdicts.flatMap(({ checks }) => checks.flatMap(({ diagnostics = [] }) => diagnostics));
    expect(expected.length).toBeGreaterThan(5);
    expect(run!.results.map(({ ruleId }) => ruleId).sort()).toEqual(expected.map(({ code }) => code).sort());
    for (const { ruleId, ruleIndex, message } of run!.results) {
      expect(run!.tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
      expect(message.text).not.toBe('');
    }
    for (const { help, properties } of run!.tool.driver.rules) {
      expect(help.text).not.toBe('');
      expect(help.markdown).toMatch(/^# VNES/);
      expect(properties.tags.length).toBeLessThanOrEqual(10);
    }
    expect(run!.properties).toEqual({ discovered: 6, verified: 2, waived: 0, failed: 4 });
  });

  test('names files by relative URIs', () => {
    const { folder, trust } = gate();
    const uris = sarifOf(verdictsIn(folder, trust)).runs[0]!.results.map(
      ({ locations }) => locations[0].physicalLocation.artifactLocation.uri,
    );
    expect(uris).toContain('b_changed/impl/a%20b%2C%20100%25.txt');
    for (const uri of uris) expect(uri).toMatch(/^[a-f]_[A-Za-z0-9_.%/]+$/);
    expect(sarifText([{ ...hostileVerdict('/elsewhere') }], CONTEXT)).toContain('"file:///elsewhere/file"');
    expect(sarifText([{ ...hostileVerdict('../up') }], CONTEXT)).toContain('"file:///up/file"');
  });

  test('fingerprints tell findings apart, and stay while lines and folders move', () => {
    const { folder, trust, at } = gate();
    const prints = (sarif: Sarif) =>
      sarif.runs[0]!.results.map(each => each.partialFingerprints.primaryLocationLineHash);
    const before = sarifOf(verdictsIn(folder, trust));
    expect(new Set(prints(before)).size).toBe(before.runs[0]!.results.length);
    writeFileSync(at('d_schema/manifest.json'), `\n\n${readFileSync(at('d_schema/manifest.json'), 'utf8')}`);
    const after = sarifOf(verdictsIn(folder, trust));
    expect(JSON.stringify(after)).not.toBe(JSON.stringify(before));
    expect(prints(after).filter(each => !prints(before).includes(each))).toEqual([]);
  });

  test('stays below the number of results that GitHub takes, and says so', () => {
    const one = hostileVerdict('x');
    const [layout, files] = one.checks;
    const diagnostics = Array.from({ length: 25_001 }, () => files!.diagnostics![0]!);
    const [run] = sarifOf([{ ...one, checks: [layout!, { ...files!, diagnostics }] }]).runs;
    expect(run!.results).toHaveLength(25_000);
    expect(run!.invocations[0]!.toolExecutionNotifications).toHaveLength(1);
  });
});
