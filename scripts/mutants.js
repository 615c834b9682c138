/**
 * Makes seeded mutants of valid signed capsules, their receipts and trust files, and has each judged by the verifier. Prints how
 * many of each kind there were and what refused them. Ends with status 1 when one was admitted or not judged at all.
 *
 *   node scripts/setup.js scripts/generate.js && node scripts/mutants.js [count] [seed] [number of the only one]
 *
 * 10,000 take a few minutes. Tests make 500 of them (test/gate/mutants.test.ts).
 */
import { runMutants, runNeutral } from '../test/gate/mutants/run.ts';

const [count = '10000', seed = 'vnes', only] = process.argv.slice(2);

const report = await runMutants(Number(count), seed, only === undefined ? undefined : Number(only));
const failures = [...report.failures, ...(await runNeutral(seed))];
table('mutants', report.applied);
table('refused by', report.refusedBy);
for (const failure of failures) console.log(failure);
console.log(
  `seed ${seed}: ${report.mutants} mutants, ${failures.length} failures; ${report.neutral} draws changed nothing that counts`,
);
if (failures.length > 0 || report.mutants === 0) process.exitCode = 1;

function table(title, counts) {
  console.log(title);
  for (const [name, number] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${String(number).padStart(6)}  ${name}`);
}
