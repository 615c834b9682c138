import { expect, test } from 'vitest';
import { CACHE } from '../python/python.ts';
import { loaded, PYTHON_CAUSES } from './python-case.ts';
import { audited, differing } from './run.ts';

test('every cause in Python is caught by what it depends on', async () => {
  const missed: string[] = [];
  for (const { name, caughtBy, capsule } of PYTHON_CAUSES) {
    const found = await audited(capsule('planted'), CACHE, { only: [caughtBy], briefly: true });
    if (found.verdict === 'granted' || differing(found)[0] !== caughtBy) missed.push(name);
  }
  expect(missed).toEqual([]);
  expect(PYTHON_CAUSES.length).toBeGreaterThanOrEqual(30);
}, 300_000);

/** All of them in one capsule, one after the other for each event. */
const CLEAN = [
  'import vnes',
  ...PYTHON_CAUSES.map(({ name }) => `from impl.src.causes import ${name}`),
  `CAUSES = [${PYTHON_CAUSES.map(({ name }) => name).join(', ')}]`,
  'def run(event):',
  '    for cause in CAUSES:',
  '        vnes.log.info(cause.__name__)',
  '        try:',
  '            cause.clean(event)',
  '        except (KeyError, vnes.Refusal) as error:',
  '            vnes.log.warn(str(error))',
].join('\n');

test('no clean twin in Python is accused, whatever is changed', async () => {
  const sources = PYTHON_CAUSES.map(({ name, source }) => [`impl/src/causes/${name}.py`, source] as const);
  const capsule = loaded(
    { 'impl/src/main.py': CLEAN, ...Object.fromEntries(sources) },
    { python: 'impl.src.main:run' },
    'D0',
  );
  const found = await audited(capsule, CACHE, { atOnce: true });
  expect(found.probes.flatMap(({ witness }) => witness ?? [])).toEqual([]);
  expect([found.verdict, found.deliveries.ok]).toEqual(['granted', 4]);
}, 300_000);
