import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseProof } from '../../src/trust/parse-proof.ts';
import { recheckProof } from '../../src/trust/recheck.ts';
import { temporaryFolder } from '../trust/capsules.ts';
import { governedProof, policyOf, rule, waiverOf } from '../trust/governed.ts';
import { oursInResults, theirs } from './checkers.ts';
import { at, type Edit, set, splice, ZERO } from './edits.ts';

const PROBLEM = { code: 'VNES3002', severity: 'error', message: 'another policy' };
const CHECKS = 'capsules.0.verdict.checks';
const RULES = `${CHECKS}.15`;
const WAIVER = 'waivers.document.waivers.0';

/** Edits of the proof of a capsule that a waiver lets pass, and the status that both checkers must come to. */
const EDITS: readonly (readonly [what: string, status: number, edit: Edit])[] = [
  ['nothing', 0, () => {}],
  ['no policy, where the root pins one', 2, set('', 'policy', null)],
  ['another policy than the pinned one', 2, set('policy.document.rules.0', 'why', 'for nothing')],
  ['the same policy, said to be named', 0, set('policy', 'source', 'option')],
  ['a policy that nobody pins', 2, set('policy', 'source', 'unpinned')],
  ['a policy that does not count', 2, set('policy', 'problems', [PROBLEM])],
  ['no document of the policy', 2, set('policy', 'document', null)],
  [
    'a policy that does not count, without a document',
    1,
    proof => {
      set('policy', 'document', null)(proof);
      set('policy', 'problems', [PROBLEM])(proof);
    },
  ],
  ['no waivers', 1, set('', 'waivers', null)],
  ['another time of expiry', 1, set(`${WAIVER}.waiver`, 'expires', '2029-01-01T00:00:00Z')],
  ['another capsule', 1, set(`${WAIVER}.waiver`, 'capsule', 'user.ada.other')],
  ['a signature less', 1, splice(`${WAIVER}.signatures`, 0, 1)],
  [
    'a signature twice',
    2,
    proof => splice(`${WAIVER}.signatures`, 0, 0, at(proof, `${WAIVER}.signatures.0`))(proof),
  ],
  ['a waiver twice', 2, proof => splice('waivers.document.waivers', 0, 0, at(proof, WAIVER))(proof)],
  ['a waiver that others are said to have signed', 1, set(`${RULES}.checks.0.waiver`, 'by', ['ada', 'cyd'])],
  ['no word of the waiver', 1, set(`${RULES}.checks.0`, 'waiver', undefined)],
  ['a rule said to pass', 1, set(`${RULES}.checks.0`, 'result', 'pass')],
  ['a rule less', 1, splice(`${RULES}.checks`, 1, 1)],
  ['no rules', 1, set(RULES, 'checks', undefined)],
  ['a better grade', 1, set('capsules.0.verdict', 'grade', 'admitted')],
  ['the content', 1, set('capsules.0.files.0', 'sha256', ZERO)],
  ['a later time', 1, set('', 'time', '2026-08-01T00:00:00Z')],
];

const DRIVERS = rule({ demand: { types: ['driver'] }, waivable: true });
const CHECKED = rule({
  id: 'words',
  expression: 'files.exists(f, f.path == "spec/logic.md") && !capsule.gpu',
});

test('both checkers agree on every edit of a policy and of waivers', async () => {
  const waivers = [waiverOf({}, 'ada', 'bob')];
  const good = await governedProof({ policy: policyOf(DRIVERS, CHECKED), waivers });
  const texts = EDITS.map(([, , edit]) => {
    const proof = JSON.parse(good) as object;
    edit(proof);
    return JSON.stringify(proof);
  });
  const own = await Promise.all(texts.map(oursInResults));
  const others = theirs(texts);
  expect(own.map(({ status }, index) => [EDITS[index]![0], status])).toEqual(
    EDITS.map(([what, status]) => [what, status]),
  );
  expect(others).toEqual(own);
});

test('a proof holds in whatever order the policy states its demands', async () => {
  const demands = [
    { zones: ['system'], audit_level: 'critical', reviewers: { min: 3 }, types: ['driver'] },
    { types: ['driver'], reviewers: { min: 3 }, audit_level: 'critical', zones: ['system'] },
    { signers: { deploy: 3, build: 3 }, owners: ['nobody'] },
  ];
  for (const demand of demands) {
    const proof = await governedProof({ policy: policyOf(rule({ demand })) });
    const held = await oursInResults(proof);
    expect(held).toMatchObject({ status: 1 });
    expect(theirs([proof])).toEqual([held]);
    const { diagnostics } = await recheckProof(await parseProof(Buffer.from(proof), 'proof'), 'proof');
    expect(diagnostics).toEqual([]);
  }
});

test('what the second checker cannot decide, it says, and ends with a status of its own', async () => {
  const expression = 'capsule.id.matches("^user[.]")';
  const proof = await governedProof({ policy: policyOf(rule({ expression })) });
  expect((await oursInResults(proof)).status).toBe(0);
  const file = path.join(temporaryFolder(), 'proof.json');
  writeFileSync(file, proof);
  const program = path.resolve(import.meta.dirname, '../../docs/recheck.py');
  const { status, stdout } = spawnSync('python3', [program, file], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({
    status: 3,
    stdout: 'not decided: an expression of the policy or a schema has a call of matches\n',
  });
});
