import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CODES, type Code } from '../../src/base/codes/all.ts';
import { CHANGE_CODES } from '../../src/trust/remedy/change.ts';
import { CURES, cureOf } from '../../src/trust/remedy/cures.ts';
import { importedFiles, readSources, withoutComments } from '../architecture/sources.ts';

/** Where checks are listed, and what gathers that which they judge. */
const CHECKS: readonly string[] = [
  'trust/checks.ts',
  'trust/change/judge.ts',
  'kernel/admission.ts',
  'capsule/walk.ts',
  'registry/git/walk.ts',
];

/** Codes that these files know, and with which no verdict fails. */
const OTHERS: Readonly<Partial<Record<Code, string>>> = {
  VNES1012: 'ends a command that writes',
  VNES2025: 'ends the loading of a file, after the verdict',
  VNES2040: 'ends the reading of a trust file, before any verdict',
  VNES2401: 'ends the reading of git, before any verdict',
  VNES2409: 'a warning',
  VNES2412: 'a warning',
  VNES2414: 'a warning',
  VNES3004: 'ends the reading of a policy, before any verdict',
  VNES3005: 'ends the reading of a policy, before any verdict',
  VNES3011: 'a note',
  VNES3021: 'a warning',
  VNES7001: 'ends the binding of topics; a manifest that follows its schema has no such name',
  VNES8003: 'about a recording',
  VNES8005: 'about a recording',
  VNES8006: 'about a recording',
  VNES8032: 'about a recording',
};

/** Every code that stands in these files, or in what they import. */
function codesIn(roots: readonly string[]): readonly string[] {
  const sources = new Map(readSources(join(import.meta.dirname, '../../src')).map(file => [file.path, file]));
  const seen = new Set<string>();
  const open = [...roots];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = sources.get(path);
    if (!file || seen.has(path) || path.startsWith('base/codes/')) continue;
    seen.add(path);
    open.push(...importedFiles(file));
  }
  const texts = [...seen].map(path => withoutComments(sources.get(path)!.text));
  return [
    ...new Set(texts.flatMap(text => [...text.matchAll(/'(VNES\d{4})'/g)].map(match => match[1]!))),
  ].sort();
}

test('every code with which a verdict can fail has a cure, and no other has one', () => {
  const codes = codesIn(CHECKS);
  expect(codes.length).toBeGreaterThan(50);
  const expected = codes.filter(code => !(code in OTHERS));
  expect(Object.keys(CURES).sort()).toEqual(expected);
  expect(Object.keys(OTHERS).filter(code => !codes.includes(code))).toEqual([]);
  expect(expected.filter(code => !(code in CODES))).toEqual([]);
});

test('every code of a change has a step', () => {
  const changes = Object.entries(CURES).filter(([, cure]) => cure === 'change');
  expect(changes.map(([code]) => code).filter(code => !CHANGE_CODES.includes(code as Code))).toEqual([]);
});

test('what the table does not know, somebody has to edit', () => {
  expect(cureOf('some.check', 'VNES9099')).toBe('manifest');
  expect(cureOf('receipt.format', 'VNES1002')).toBe('receipt');
  expect(cureOf('manifest.schema', 'VNES1002')).toBe('manifest');
});
