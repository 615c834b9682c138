/**
 * Prints what src/sandbox/python/pins.ts has to say: run it after a change of the meter, of Pyodide, or of the interpreter's start.
 *
 *   node scripts/python-pins.js
 */
import { createHash } from 'node:crypto';
import { makeCore, makeImage } from '../src/sandbox/python/make.ts';

const digest = bytes => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const core = makeCore();
const images = [0, 1, 2].map(seed => `\n    '${digest(makeImage(core, seed))}',`);
process.stdout.write(
  `  core: '${digest(core)}',\n  images: [${images.join('')}\n  ],\n  negativeNans: '${digest(makeCore('negative'))}',\n`,
);
