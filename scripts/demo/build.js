/**
 * Rebuilds and signs every capsule of the demo. The same sources give the same bytes, receipts included: the builds are
 * reproducible, and the time in the receipts is fixed.
 *
 *   node scripts/demo/build.js
 */
import { CAPSULES, vnes } from './vnes.js';

/** 2026-01-01T00:00:00Z. */
const TIME = '1767225600';

await vnes(['build', CAPSULES]);
await vnes(['sign', CAPSULES, '--key', 'fixtures/demo/keys/demo.key.pem'], { SOURCE_DATE_EPOCH: TIME });
process.stdout.write(`rebuilt and signed ${CAPSULES}\n`);
