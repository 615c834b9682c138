import { spawnSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { compile } from '../../src/trust/policy/expression.ts';
import { factsOf } from '../../src/trust/policy/facts.ts';
import type { PolicySubject } from '../../src/trust/policy/model.ts';
import { MANIFEST } from '../trust/capsules.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs');

/** Runs docs/recheck_cel.py over many expressions. */
const DRIVER = `
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import recheck_cel, recheck_policy
given = json.load(sys.stdin)
given["facts"]["manifest"] = recheck_policy.as_json(given["facts"]["manifest"])
def opinion(text):
    try:
        return "true" if recheck_cel.evaluate(text, given["facts"]) else "false"
    except recheck_cel.Wrong:
        return "false"
    except recheck_cel.Undecided:
        return "undecided"
json.dump([opinion(text) for text in given["expressions"]], sys.stdout)
`;

const SUBJECT = {
  folder: 'counter',
  manifest: {
    ...MANIFEST,
    tags: ['a', 'é', ''],
    runtime: { language: 'wasm-ts', fuel: 3 },
  } as unknown as Manifest,
  files: ['impl/a.wasm', 'manifest.json', 'spec/logic.md'].map((name, index) => ({
    path: name,
    mode: '100644' as const,
    size: index,
    sha256: `sha256:${'0'.repeat(64)}` as const,
  })),
  receipt: { statement: { predicate: { toolchain: [{ tool: 'vnes', version: '1' }], transformations: [] } } },
  signers: [],
  root: undefined,
} as unknown as PolicySubject;

/** What vnes says of an expression; undefined when it refuses it. */
function ours(text: string): 'true' | 'false' | undefined {
  try {
    const met = compile({ rule: 'rule', text, file: 'policy', pointer: '' })(SUBJECT);
    return met === true ? 'true' : 'false';
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function theirs(expressions: readonly string[]): readonly string[] {
  const facts = JSON.parse(
    JSON.stringify(factsOf(SUBJECT), (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
  );
  const { status, stdout, stderr } = spawnSync('python3', ['-c', DRIVER, DOCS], {
    encoding: 'utf8',
    input: JSON.stringify({ facts, expressions }),
    env: { PATH: process.env.PATH },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Expressions in a grammar of their own: what policies say, and what nobody would. */
const { condition: CONDITION } = fc.letrec<{ condition: string; text: string; list: string; number: string }>(
  tie => ({
    text: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(
        '"a"',
        "'é'",
        '""',
        '"user."',
        '"impl/a.wasm"',
        'capsule.id',
        'capsule.owner',
        'capsule.tier',
        'capsule.nope',
      ),
      fc.constantFrom(
        'manifest.type',
        'manifest.nope',
        'manifest.runtime.language',
        'manifest["id"]',
        'capsule.tags[1]',
        'capsule.tags[9]',
        'x',
      ),
      fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a} + ${b})`),
      fc.tuple(tie('condition'), tie('text'), tie('text')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
    ),
    list: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(
        'capsule.tags',
        '[]',
        '["a", "b"]',
        'capsule.requires',
        'files.map(f, f.path)',
        'manifest.tags',
        'manifest.nope',
      ),
      fc.tuple(tie('list'), tie('condition')).map(([list, condition]) => `${list}.filter(x, ${condition})`),
      fc.tuple(tie('list'), tie('text')).map(([list, text]) => `${list}.map(x, ${text})`),
    ),
    number: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom('0', '1', '3', '-1', '-7', 'files[1].size', 'manifest.runtime.fuel'),
      fc.constantFrom('9223372036854775807', '(-9223372036854775807 - 1)', '4294967296'),
      fc.tuple(tie('condition'), tie('number'), tie('number')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
      tie('list').map(list => `size(${list})`),
      tie('text').map(text => `${text}.size()`),
      fc
        .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
        .map(parts => `(${parts.join(' ')})`),
      fc
        .tuple(tie('number'), fc.constantFrom(' / ', ' % ', '/', ' * '), tie('number'))
        .map(parts => parts.join('')),
    ),
    condition: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(
        'true',
        'false',
        'capsule.gpu',
        'has(capsule.owner)',
        'has(manifest.nope)',
        'has(manifest.nope.x)',
        'capsule.nope',
      ),
      fc
        .tuple(tie('text'), fc.constantFrom('==', '!=', '<', '>='), tie('text'))
        .map(parts => parts.join(' ')),
      fc
        .tuple(tie('number'), fc.constantFrom('==', '!=', '<', '<=', '>'), tie('number'))
        .map(parts => parts.join(' ')),
      fc.tuple(tie('list'), fc.constantFrom('==', '!='), tie('list')).map(parts => parts.join(' ')),
      fc.tuple(tie('text'), tie('list')).map(([text, list]) => `${text} in ${list}`),
      fc
        .tuple(tie('text'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('text'))
        .map(([a, name, b]) => `${a}.${name}(${b})`),
      fc
        .tuple(tie('list'), fc.constantFrom('all', 'exists', 'exists_one'), tie('condition'))
        .map(([list, name, body]) => `${list}.${name}(x, ${body})`),
      fc
        .tuple(tie('condition'), fc.constantFrom('&&', '||', '==', '!='), tie('condition'))
        .map(([a, sign, b]) => `${a} ${sign} ${b}`),
      tie('condition').map(condition => `!(${condition})`),
      tie('condition').map(condition => `!${condition}`),
      tie('condition').map(condition => `(${condition})`),
      tie('condition').map(condition => `!!${condition}`),
      tie('condition').map(condition => `!!!(${condition})`),
      fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([c, a, b]) => `${c} ? ${a} : ${b}`),
    ),
  }),
);

test('no expression is true for one evaluator of CEL and not for the other', () => {
  const numRuns = Number(process.env.VNES_MUTANTS ?? 2000);
  const texts = [...new Set(fc.sample(CONDITION, numRuns))];
  const cases = texts.flatMap(text => {
    const own = ours(text);
    return own === undefined ? [] : [{ text, own }];
  });
  const others = theirs(cases.map(({ text }) => text));
  const decided = cases
    .map((each, index) => ({ ...each, other: others[index] }))
    .filter(({ other }) => other !== 'undecided');
  expect(decided.filter(({ own, other }) => own !== other)).toEqual([]);
  for (const word of ['true', 'false'])
    expect(decided.filter(({ own }) => own === word).length).toBeGreaterThan(numRuns / 20);
});
