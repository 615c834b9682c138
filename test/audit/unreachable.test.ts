import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { prepare } from '../../src/sandbox/prepare.ts';
import { PINS } from '../../src/sandbox/python/pins.ts';
import { CACHE, pythonSpec } from '../python/python.ts';
import { dummy, options, spec } from '../sandbox/probe.ts';
import { PYTHON_CAUSES } from './python-case.ts';

test('what starts a sandbox in a run lets go of nothing, and holds the code of runs', async () => {
  const wasm = await prepare(options(spec(await dummy())), undefined);
  const python = await prepare(options(pythonSpec({ 'impl/src/main.py': PYTHON_CAUSES[0]!.source })), CACHE);
  for (const message of [wasm, python])
    expect(Object.keys(message).sort()).toEqual(['blobs', 'components', 'fuel', 'seed', 'type']);
  const { code } = python.components[0]!;
  if (code.language !== 'python') throw new Error('it is Python');
  expect([code.core, code.image].map(blob => sha256(python.blobs[blob]!))).toEqual([
    PINS.core,
    PINS.images[0],
  ]);
}, 60_000);
