/**
 * Every measurement that the project keeps to, one after the other: one that misses its goal does not keep the others from being made.
 *
 *   node scripts/bench.js
 *
 * Ends with status 1 when a goal was missed.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const BENCH = path.resolve(import.meta.dirname, '../bench');
const MEASUREMENTS = `
  startup verify staged meter memory rungs native machine journal
  flow branch pipeline calls divergence peers package-size
`;

const missed = MEASUREMENTS.trim()
  .split(/\s+/)
  .filter(name => {
    process.stdout.write(`\n${name}\n`);
    return spawnSync(process.execPath, [path.join(BENCH, `${name}.js`)], { stdio: 'inherit' }).status !== 0;
  });
process.stdout.write(missed.length === 0 ? '\nevery goal was met\n' : `\nmissed: ${missed.join(', ')}\n`);
process.exitCode = missed.length === 0 ? 0 : 1;
