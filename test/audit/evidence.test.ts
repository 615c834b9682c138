import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeBase64 } from '../../src/base/base64.ts';
import { canonicalBytes, canonicalJson } from '../../src/base/canonical.ts';
import { sha256 } from '../../src/base/digest.ts';
import { hostPorts } from '../../src/base/host.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { PAYLOAD_TYPE } from '../../src/capsule/receipt.ts';
import { RECEIPT_FILE } from '../../src/capsule/tree.ts';
import { parseEvidence } from '../../src/trust/audit-evidence.ts';
import { preAuthEncoding } from '../../src/trust/dsse.ts';
import { createKeyPem, openKeyPem, type SigningKey } from '../../src/trust/private-key.ts';
import { runJson } from '../cli/run.ts';
import { oursInResults, theirs } from '../projections/checkers.ts';
import { signNow } from '../trust/sign-now.ts';
import { PAYLOAD, PYTHON_CAUSES } from './python-case.ts';

const ports = hostPorts();
const room = mkdtempSync(join(tmpdir(), 'vnes-evidence-'));
const folder = join(room, 'capsule');
let key: SigningKey;
let evidence: ReturnType<typeof evidenceOf>;

beforeAll(() => {
  const { capsule, source } = PYTHON_CAUSES[0]!;
  mkdirSync(join(folder, 'spec/schemas'), { recursive: true });
  mkdirSync(join(folder, 'impl/src'), { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(capsule('clean').manifest));
  writeFileSync(join(folder, 'spec/schemas/in.json'), PAYLOAD);
  writeFileSync(join(folder, 'impl/src/main.py'), source);
  key = openKeyPem(createKeyPem(ports.entropy, undefined), undefined, 'key');
  const entry = { name: 'tester', public_key: key.public.base64, namespaces: ['audit.*'] };
  writeFileSync(join(room, 'vnes.trust.json'), JSON.stringify({ version: 1, keys: [entry] }));
  evidence = evidenceOf({ tree: signNow(folder, 'capsule', key, ports).tree });
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

function evidenceOf(change: JsonObject) {
  const found = {
    auditor: 'vnes 1.2.3',
    tree: sha256('tree'),
    tier: 'D0_bit_exact',
    verdict: 'granted',
    input: 'events',
    runs: 20,
    deliveries: 24,
    no_matter: ['repeat', 'addresses'],
    depends_on: [],
    ...change,
  };
  return parseEvidence(Buffer.from(JSON.stringify(found)), 'evidence.json');
}

/** Signs a receipt that says otherwise of the audit than any `vnes sign` would. */
function forge(change: JsonObject): void {
  signNow(folder, 'capsule', key, ports, { evidence });
  const envelope = JSON.parse(readFileSync(join(folder, RECEIPT_FILE), 'utf8'));
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
  Object.assign(statement.predicate.audit, change);
  const payload = canonicalBytes(statement);
  const sig = encodeBase64(key.sign(preAuthEncoding(PAYLOAD_TYPE, payload)));
  const signatures = [{ keyid: key.public.id, sig }];
  writeFileSync(
    join(folder, RECEIPT_FILE),
    canonicalJson({ payload: encodeBase64(payload), payloadType: PAYLOAD_TYPE, signatures }),
  );
}

/** The verdict, and what two checkers make of its proof. */
async function verified(expression = 'true') {
  const rule = { id: 'audited', why: 'a test', scopes: [{ namespace: '*', level: 'enforce' }], expression };
  writeFileSync(join(room, 'vnes.policy.json'), JSON.stringify({ version: 1, rules: [rule] }));
  const words = ['--trust', 'vnes.trust.json', '--policy', 'vnes.policy.json', '--proof', 'proof.json'];
  const { exitCode, diagnostics } = await runJson(['verify', 'capsule', ...words], { cwd: room });
  const proof = readFileSync(join(room, 'proof.json'), 'utf8');
  const [second] = theirs([proof]);
  expect(second).toEqual(await oursInResults(proof));
  expect(second!.status).toBe(exitCode);
  return { exitCode, codes: diagnostics.map(({ code }) => code) };
}

const ASKED =
  "receipt.audit.verdict == 'granted' && receipt.audit.runs >= 10 && 'addresses' in receipt.audit.no_matter";

test('a receipt with evidence is admitted, by a policy that asks for it too', async () => {
  signNow(folder, 'capsule', key, ports, { evidence });
  expect((await verified(ASKED)).exitCode).toBe(0);
  expect((await verified("'moon' in receipt.audit.no_matter")).exitCode).toBe(1);
}, 30_000);

test('one without is none for such a policy', async () => {
  signNow(folder, 'capsule', key, ports);
  expect((await verified("receipt.audit.verdict == 'none'")).exitCode).toBe(0);
  expect((await verified(ASKED)).exitCode).toBe(1);
}, 30_000);

test.each([
  ['of another tree', { tree: sha256('other') }, 'VNES2008'],
  ['of another tier', { tier: 'D1_numerically_stable' }, 'VNES2008'],
  ['of a verdict that there is not', { verdict: 'refuted' }, 'VNES2002'],
  ['with more than it may have', { extra: 1 }, 'VNES2002'],
])(
  'evidence %s is refused, whoever signed it',
  async (_, change, code) => {
    forge(change);
    const { exitCode, codes } = await verified();
    expect([exitCode, codes]).toEqual([1, expect.arrayContaining([code])]);
  },
  30_000,
);

test('who signs along says nothing about the audit, and does not need it', () => {
  signNow(folder, 'capsule', key, ports, { evidence });
  const other = openKeyPem(createKeyPem(ports.entropy, undefined), undefined, 'other');
  expect(signNow(folder, 'capsule', other, ports, { add: true }).signatures).toBe(2);
});

test.each([
  ['another tree', { tree: sha256('other') }],
  ['another tier', { tier: 'D2_soft_deterministic' }],
])('evidence of %s is not signed', (_, change) => {
  expect(() => signNow(folder, 'capsule', key, ports, { evidence: evidenceOf(change) })).toThrow('VNES2055');
});
