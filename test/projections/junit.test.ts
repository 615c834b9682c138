import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { junitText } from '../../src/cli/render/junit.ts';
import type { CheckResult } from '../../src/trust/verdict.ts';
import { gate, HOSTILE, hostileVerdict, verdictsIn } from './gate.ts';

/** Reads XML with a parser that is not ours, and gives back its elements as JSON. */
const READER = `
import json, sys, xml.etree.ElementTree as tree
def element(each):
    return {'tag': each.tag, 'attributes': each.attrib, 'text': each.text or '', 'children': [element(below) for below in each]}
json.dump(element(tree.fromstring(sys.stdin.buffer.read())), sys.stdout)
`;

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Element[];
}

function parsed(xml: string): Element {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', READER], { input: xml, encoding: 'utf8' });
  if (status !== 0) throw new Error(`not well-formed: ${stderr}`);
  return JSON.parse(stdout) as Element;
}

/** What stands in a case, by the result of its check. */
const CASES: Readonly<Record<CheckResult, string | undefined>> = {
  pass: undefined,
  warn: 'system-out',
  waived: 'skipped',
  fail: 'failure',
  blocked: 'error',
};

/** What Jenkins' schema of JUnit's XML allows, as far as we use it: element, attributes, elements below. */
const SHAPES: Readonly<Record<string, readonly [required: string[], optional: string[], below: string[]]>> = {
  testsuites: [[], ['name', 'tests', 'failures', 'errors'], ['testsuite']],
  testsuite: [['name', 'tests', 'failures', 'errors'], ['skipped'], ['testcase']],
  testcase: [['name'], ['classname'], ['failure', 'error', 'system-out']],
  failure: [[], ['type', 'message'], []],
  error: [[], ['type', 'message'], []],
  'system-out': [[], [], []],
};

function shapeProblems({ tag, attributes, children }: Element): string[] {
  const shape = SHAPES[tag];
  if (!shape) return [`<${tag}>`];
  const [required, optional, below] = shape;
  return [
    ...required.filter(name => !(name in attributes)).map(name => `<${tag}> without ${name}`),
    ...Object.keys(attributes).filter(name => ![...required, ...optional].includes(name)),
    ...children.filter(each => !below.includes(each.tag)).map(each => `<${each.tag}> in <${tag}>`),
    ...children.flatMap(shapeProblems),
  ];
}

describe('JUnit', () => {
  test('has a suite for each capsule and a case for each check, and its numbers add up', () => {
    const { folder, trust } = gate();
    const verdicts = verdictsIn(folder, trust);
    const root = parsed(junitText(verdicts));
    expect(shapeProblems(root)).toEqual([]);
    expect(root.children.map(({ attributes }) => attributes.name)).toEqual(
      verdicts.map(({ id, version, folder: shown }) => (id ? `${id}@${version}` : shown)),
    );
    const count = (element: Element, tag: string): number =>
      element.children.reduce((sum, each) => sum + Number(each.tag === tag) + count(each, tag), 0);
    for (const element of [root, ...root.children]) {
      expect(element.attributes.tests).toBe(String(count(element, 'testcase')));
      expect(element.attributes.failures).toBe(String(count(element, 'failure')));
      expect(element.attributes.errors).toBe(String(count(element, 'error')));
    }
    verdicts.forEach(({ checks }, index) => {
      const cases = root.children[index]!.children;
      const results = cases.map(({ children }) => children[0]?.tag);
      expect(cases.map(({ attributes }) => attributes.name)).toEqual(checks.map(({ id }) => id));
      expect(results).toEqual(checks.map(({ result }) => CASES[result]));
    });
  });

  test('holds whatever a capsule says', () => {
    const verdict = hostileVerdict(HOSTILE);
    const root = parsed(junitText([verdict]));
    expect(shapeProblems(root)).toEqual([]);
    const failure = root.children[0]!.children[1]!.children[0]!;
    const told = HOSTILE.replace('\r', '\\u000d')
      .replace('\u001b', '\\u001b')
      .replace('\u202e', '\\u202e')
      .replace('\u0000', '\\u0000')
      .replace('\ud83d', '\\ud83d')
      .replace('\ufffe', '\\ufffe');
    expect(failure.attributes.message).toBe(told);
    expect(failure.text).toContain(told);
  });

  test('a warning is told in a case that passes', () => {
    const { checks, ...verdict } = hostileVerdict('x');
    const [error] = checks[1]!.diagnostics!;
    const diagnostics = [{ ...error!, severity: 'warning' as const, message: 'beware' }];
    const root = parsed(junitText([{ ...verdict, checks: [{ ...checks[0]!, diagnostics }] }]));
    expect(shapeProblems(root)).toEqual([]);
    expect(root.attributes).toMatchObject({ tests: '1', failures: '0', errors: '0' });
    expect(root.children[0]!.children[0]!.children[0]!.text).toMatch(/^warning\[VNES2004\]: beware\n/);
  });

  test('and the reader and the shapes can find fault', () => {
    expect(() => parsed('<a><b></a>')).toThrow('not well-formed');
    expect(shapeProblems(parsed('<testsuites><testsuite name="x"/></testsuites>'))).toHaveLength(3);
  });
});
