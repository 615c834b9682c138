/**
 * Gives every capsule of the demo the SDK of the template, rebuilds it and signs it. The same sources give the same bytes, receipts included: the builds are
 * reproducible, and the time in the receipts is fixed.
 *
 *   node scripts/demo/build.js
 */
import { copyFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { CAPSULES, ROOT, vnes } from './vnes.js';

/** 2026-01-01T00:00:00Z. */
const TIME = '1767225600';
const SOURCES = path.join(ROOT, 'templates/wasm-ts/impl/src');
/** Written by the author, or by the build. */
const NOT_SDK = ['main.ts', 'spec.ts'];

for (const capsule of readdirSync(path.join(ROOT, CAPSULES))) {
  for (const file of readdirSync(SOURCES).filter(name => name.endsWith('.ts') && !NOT_SDK.includes(name))) {
    copyFileSync(path.join(SOURCES, file), path.join(ROOT, CAPSULES, capsule, 'impl/src', file));
  }
}

await vnes(['build', CAPSULES]);
await vnes(['sign', CAPSULES, '--key', 'fixtures/demo/keys/demo.key.pem'], { SOURCE_DATE_EPOCH: TIME });
process.stdout.write(`rebuilt and signed ${CAPSULES}\n`);
