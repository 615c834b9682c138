/**
 * Audits every planted cause of nondeterminism and every clean twin of fixtures/audit/, each perturbation alone and with the search for its
 * line. Ends with status 1 when a cause is not caught by what it says, or a twin is accused. The tests make a short form of it.
 *
 *   node scripts/audit-corpus.js [NAME...]
 *
 * Native causes are left out where gcc or bubblewrap is missing.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemblyCauses, buildCauses } from '../test/audit/assembly-case.ts';
import { buildNativeCauses, nativeCauses } from '../test/audit/native-case.ts';
import { PYTHON_CAUSES } from '../test/audit/python-case.ts';
import { audited, differing } from '../test/audit/run.ts';
import { ABSENT } from '../test/native/native.ts';

const CACHE = join(tmpdir(), 'vnes-audit-corpus');
const names = process.argv.slice(2);
const all = [
  ...PYTHON_CAUSES.map(cause => ({ language: 'python', ...cause })),
  ...assemblyCauses(await buildCauses()).map(cause => ({ language: 'assembly', ...cause })),
  ...(ABSENT ? [] : nativeCauses(buildNativeCauses()).map(cause => ({ language: 'native', ...cause }))),
];
const chosen = all.filter(({ name }) => names.length === 0 || names.includes(name));
let wrong = chosen.length === 0 ? 1 : 0;

for (const { language, name, caughtBy, capsule } of chosen) {
  const planted = await audited(capsule('planted'), CACHE);
  const clean = await audited(capsule('clean'), CACHE);
  const caught = planted.verdict !== 'granted' && differing(planted).includes(caughtBy);
  const accused = clean.verdict !== 'granted';
  if (!caught || accused) wrong += 1;
  const { witness } = planted.probes.find(probe => probe.name === caughtBy) ?? {};
  const row = [
    `${language}/${name}`.padEnd(28),
    (caught ? 'caught by ' : 'NOT CAUGHT by ') + caughtBy,
    `also ${
      differing(planted)
        .filter(other => other !== caughtBy)
        .join(', ') || 'by nothing'
    }`,
    witness?.at ?? 'no line',
    accused ? `twin ACCUSED by ${differing(clean).join(', ')}` : 'twin clean',
  ];
  process.stdout.write(`${row.join(' | ')}\n`);
}
process.stdout.write(`${chosen.length - wrong} of ${chosen.length} as they should be\n`);
process.exitCode = wrong > 0 ? 1 : 0;
