import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { validateRunReport } from '../../src/generated/run-report.js';
import { recordName } from '../../src/kernel/quarantine/read.ts';
import { type Case, errorsOf, refused, reportOf } from './refusal.ts';
import { copyOf, prepare, vnes, type Workshop } from './workshop.ts';

const prepared = await prepare();
const PROBE = 'capsules/probe';
const ID = 'user.me.probe';
const RUN = ['run', 'capsules', '--input', 'good.ndjson'];
const RECORD = `.vnes/quarantine/${recordName(PROBE)}/00000001.json`;

interface Release {
  readonly capsules: readonly {
    readonly released: boolean;
    readonly grade: string;
    readonly remedy: { readonly steps: readonly string[]; readonly tree: string } | null;
  }[];
}

interface Inspected {
  readonly totals: Readonly<Record<string, number>>;
  readonly records: readonly {
    readonly name: string;
    readonly grade: string;
    readonly because: readonly { readonly rule: string }[];
    readonly releasedBy: readonly string[];
    readonly lastAdmitted: { readonly tree: string } | null;
    readonly difference: {
      readonly files: readonly { readonly path: string; readonly change: string }[];
      readonly manifest: readonly { readonly pointer: string }[];
      readonly signers: readonly { readonly change: string; readonly before: { readonly name: string } }[];
    } | null;
    readonly history: readonly { readonly grade: string }[];
  }[];
}

/** What a copy of the workshop looks like once somebody has changed sources, component and manifest after a run. */
async function tampered(change: (shop: Workshop) => void): Promise<Workshop> {
  const shop = copyOf(prepared);
  change(shop);
  expect(errorsOf(await reportOf(shop, RUN)).at(-1)).toBe('VNES3101');
  return shop;
}

const inspect = async (shop: Workshop, ...args: string[]) =>
  (await reportOf(shop, ['quarantine-inspect', ...args])).data as unknown as Inspected;
const release = async (shop: Workshop, ...args: string[]) => {
  const report = await reportOf(shop, ['release', ID, ...args]);
  return { codes: errorsOf(report), status: report.exitCode, ...(report.data as unknown as Release) };
};

/** Spoils the component alone: the sources are what was signed. */
const spoilBuild = (shop: Workshop) => appendFileSync(shop.at(PROBE, 'impl/capsule.wasm'), 'x');
/** Changes what the author wrote. */
const spoilSources = (shop: Workshop) => appendFileSync(shop.at(PROBE, 'impl/src/main.ts'), '\n// more\n');

describe('quarantine-inspect', () => {
  test('shows the difference to what was admitted last: files, fields of the manifest, signers', async () => {
    const shop = await tampered(shop => {
      spoilSources(shop);
      chmodSync(shop.at(PROBE, 'spec/logic.md'), 0o755);
      shop.write(`${PROBE}/extra`, 'x');
      const manifest = shop.read(`${PROBE}/manifest.json`);
      shop.write(`${PROBE}/manifest.json`, manifest.replace('"version": "1.0.0"', '"version": "1.0.1"'));
    });
    const { totals, records } = await inspect(shop, ID);
    expect(totals).toEqual({ quarantined: 1, waived: 0, warned: 0, admitted: 0 });
    expect(records).toMatchObject([
      {
        name: `${ID}@1.0.1`,
        grade: 'quarantined',
        because: [{ rule: 'receipt.subject' }, { rule: 'receipt.files' }],
        difference: {
          files: [
            { path: 'extra', change: 'added' },
            { path: 'impl/src/main.ts', change: 'changed' },
            { path: 'manifest.json', change: 'changed' },
            { path: 'spec/logic.md', change: 'mode' },
          ],
          manifest: [{ pointer: '/version', before: '1.0.0', after: '1.0.1' }],
          signers: [{ change: 'same', before: { name: 'default', state: 'holds', roles: ['sign'] } }],
        },
        history: [{ grade: 'admitted' }, { grade: 'quarantined' }],
      },
    ]);
    const { stdout } = await vnes(shop, ['quarantine-inspect', PROBE]);
    expect(stdout).toContain('    +// more\n');
    expect(stdout).toContain('  /version\n    - "1.0.0"\n    + "1.0.1"\n');
    expect(stdout).toContain('mode 100644 -> 100755');
  });

  test('lists every capsule that a run examined, by grade', async () => {
    const shop = copyOf(prepared);
    await reportOf(shop, ['run', 'shady', '--input', 'good.ndjson']);
    const { totals, records } = await inspect(shop);
    expect(totals).toMatchObject({ quarantined: 1, admitted: 1 });
    expect(records.map(({ name, grade }) => [name, grade])).toEqual([
      ['user.me.sockets@1.0.0', 'quarantined'],
      [`${ID}@1.0.0`, 'admitted'],
    ]);
    const admitted = await inspect(shop, '--grade', 'admitted');
    expect(admitted.records.map(({ name }) => name)).toEqual([`${ID}@1.0.0`]);
    const both = await inspect(shop, '--grade', 'admitted', '--grade', 'quarantined');
    expect(both.records).toHaveLength(2);
    const { stdout } = await vnes(shop, ['quarantine-inspect']);
    expect(stdout).toMatch(
      /^quarantined user\.me\.sockets@1\.0\.0 since .*\n.*\n1 quarantined, 1 admitted\n$/,
    );
  });

  test('says so when nothing was admitted before', async () => {
    const shop = copyOf(prepared);
    await reportOf(shop, ['run', 'shady', '--input', 'good.ndjson']);
    const { records } = await inspect(shop, 'user.me.sockets');
    expect(records).toMatchObject([{ lastAdmitted: null, difference: null }]);
  });

  test('is empty where nothing ran', async () => {
    const shop = copyOf(prepared);
    rmSync(shop.at('.vnes'), { recursive: true });
    expect(await inspect(shop)).toMatchObject({ records: [] });
    expect((await vnes(shop, ['quarantine-inspect'])).stdout).toBe('no run has examined a capsule here\n');
  });
});

describe('release', () => {
  test('examines again, keeps what fails, and lets out what passes', async () => {
    const shop = await tampered(spoilBuild);
    expect(await release(shop)).toMatchObject({ status: 1, codes: ['VNES2004', 'VNES3102'] });
    shop.write(`${PROBE}/impl/capsule.wasm`, prepared.bytes(`${PROBE}/impl/capsule.wasm`));
    expect(await release(shop)).toMatchObject({
      status: 0,
      capsules: [{ released: true, grade: 'admitted' }],
    });
    expect((await inspect(shop, ID)).records[0]!.history.map(({ grade }) => grade)).toEqual([
      'admitted',
      'quarantined',
      'admitted',
    ]);
  });

  test('a capsule that is gone stays in quarantine', async () => {
    const shop = await tampered(spoilBuild);
    rmSync(shop.at(PROBE), { recursive: true });
    expect((await release(shop)).codes.at(-1)).toBe('VNES3102');
  });

  test('goes by the present trust', async () => {
    const shop = await tampered(spoilBuild);
    shop.write(`${PROBE}/impl/capsule.wasm`, prepared.bytes(`${PROBE}/impl/capsule.wasm`));
    shop.write('nobody.json', '{"version":1,"keys":[]}');
    expect((await release(shop, '--trust', 'nobody.json')).status).not.toBe(0);
    expect((await inspect(shop, ID)).records[0]!.grade).toBe('quarantined');
  });
});

describe('release --remediate', () => {
  test('a spoilt build is built again; the receipt of its author holds, and no key is needed', async () => {
    const shop = await tampered(spoilBuild);
    rmSync(shop.at('home/.config/vnes/keys'), { recursive: true });
    const { capsules } = await release(shop, '--remediate');
    expect(capsules).toMatchObject([{ released: true, remedy: { steps: ['rebuilt'] } }]);
  });

  test('a lost receipt is put back as it was, with all of its signatures', async () => {
    const shop = await tampered(shop => rmSync(shop.at(PROBE, 'receipt.stunir.json')));
    const { capsules } = await release(shop, '--remediate');
    expect(capsules).toMatchObject([{ released: true, remedy: { steps: ['rebuilt', 'receipt put back'] } }]);
    expect(shop.bytes(`${PROBE}/receipt.stunir.json`)).toEqual(
      prepared.bytes(`${PROBE}/receipt.stunir.json`),
    );
  });

  test('changed sources are shown and not signed, unless their digest is named', async () => {
    const shop = await tampered(spoilSources);
    const before = filesOf(shop);
    const asked = await release(shop, '--remediate');
    expect(asked).toMatchObject({ status: 1, codes: ['VNES3105', 'VNES3102'] });
    expect(filesOf(shop)).toEqual(before);
    expect((await release(shop, '--remediate', '--tree', `sha256:${'0'.repeat(64)}`)).codes).toContain(
      'VNES3105',
    );
    expect(filesOf(shop)).toEqual(before);
    const { tree } = asked.capsules[0]!.remedy!;
    const done = await release(shop, '--remediate', '--tree', tree);
    expect(done.capsules).toMatchObject([{ released: true, remedy: { steps: ['rebuilt', 'signed'], tree } }]);
    expect(await reportOf(shop, ['verify', 'capsules'])).toMatchObject({ ok: true });
    expect(await reportOf(shop, RUN)).toMatchObject({ ok: true });
  });

  test('by nobody but its author', async () => {
    const shop = await tampered(spoilSources);
    const { tree } = (await release(shop, '--remediate')).capsules[0]!.remedy!;
    await reportOf(shop, ['keys', 'create', '--name', 'other', '--no-passphrase']);
    const before = filesOf(shop);
    const asked = await release(shop, '--remediate', '--tree', tree, '--key', 'other');
    expect(asked).toMatchObject({ status: 1, codes: ['VNES3106', 'VNES3102'] });
    expect(filesOf(shop)).toEqual(before);
  });

  test('nothing else is mended by a signature', async () => {
    const shop = copyOf(prepared);
    await reportOf(shop, ['run', 'shady', '--input', 'good.ndjson']);
    const report = await reportOf(shop, ['release', 'user.me.sockets', '--remediate']);
    expect(errorsOf(report)).toEqual(['VNES3106', 'VNES3102']);
  });

  test('a record that somebody wrote proves nothing: who is the author, the kept receipt says', async () => {
    const shop = await tampered(spoilSources);
    const { tree } = (await release(shop, '--remediate')).capsules[0]!.remedy!;
    const { content } = JSON.parse(shop.read(RECORD)) as { content: { receipt: string } };
    const forged = JSON.parse(shop.read(RECORD.replace('00000001', '00000002')));
    forged.verdict.grade = 'admitted';
    forged.verdict.admitted = true;
    shop.write(
      RECORD,
      JSON.stringify({ ...forged, content: { ...forged.content, receipt: content.receipt } }),
    );
    rmSync(shop.at(PROBE, 'receipt.stunir.json'));
    const asked = await release(shop, '--remediate');
    expect(asked).toMatchObject({ status: 1, codes: ['VNES3106', 'VNES3102'] });
    expect((await release(shop, '--remediate', '--tree', tree)).codes).toContain('VNES3106');
  });
});

test('a run that refuses nothing goes on where the quarantine cannot be kept, and says so', async () => {
  const shop = copyOf(prepared);
  writeFileSync(shop.at(RECORD), '{');
  const report = await reportOf(shop, RUN);
  expect(report.diagnostics).toMatchObject([{ code: 'VNES3104', severity: 'warning' }]);
  expect([report.exitCode, shop.read(RECORD)]).toEqual([0, '{']);
  spoilBuild(shop);
  const refused = await reportOf(shop, RUN);
  expect([refused.exitCode, ...errorsOf(refused)]).toEqual([1, 'VNES2004', 'VNES3101', 'VNES3104']);
});

test('what the quarantine keeps, verify --fix brings back', async () => {
  const shop = copyOf(prepared);
  for (const path of ['recording', '.vnes/runs']) rmSync(shop.at(path), { recursive: true, force: true });
  rmSync(shop.at(PROBE, 'impl/capsule.wasm'));
  const report = await reportOf(shop, ['verify', PROBE, '--fix']);
  expect([report.exitCode, JSON.stringify(report.data)]).toEqual([
    0,
    expect.stringContaining('the quarantine'),
  ]);
});

describe('verify --quarantine', () => {
  test('enters capsules; without it, verify writes nothing', async () => {
    const shop = copyOf(prepared);
    rmSync(shop.at('.vnes'), { recursive: true });
    spoilBuild(shop);
    await reportOf(shop, ['verify', 'capsules']);
    expect(existsSync(shop.at('.vnes'))).toBe(false);
    expect(await reportOf(shop, ['verify', 'capsules', '--quarantine'])).toMatchObject({ exitCode: 1 });
    expect((await inspect(shop)).records).toMatchObject([{ grade: 'quarantined', gate: 'verify' }]);
  });

  test('what it put in is released by as much as it asks for, though no run would load it', async () => {
    const shop = copyOf(prepared);
    rmSync(shop.at('.vnes'), { recursive: true });
    const sockets = 'shady/sockets/spec/logic.md';
    appendFileSync(shop.at(sockets), 'x');
    await reportOf(shop, ['verify', 'shady', '--quarantine']);
    shop.write(sockets, prepared.bytes(sockets));
    expect(await reportOf(shop, ['release', 'user.me.sockets'])).toMatchObject({ exitCode: 0 });
    expect(await reportOf(shop, ['run', 'shady', '--input', 'good.ndjson'])).toMatchObject({ exitCode: 1 });
    expect(await reportOf(shop, ['release', 'user.me.sockets'])).toMatchObject({ exitCode: 1 });
  });

  test('a quarantine that cannot be written does not hide why a capsule was refused', async () => {
    const shop = copyOf(prepared);
    rmSync(shop.at('.vnes/quarantine'), { recursive: true });
    shop.write('.vnes/quarantine', '');
    expect(errorsOf(await reportOf(shop, ['verify', 'capsules', '--quarantine']))).toEqual(['VNES3104']);
    spoilBuild(shop);
    const report = await reportOf(shop, ['verify', 'capsules', '--quarantine']);
    expect([report.exitCode, ...errorsOf(report)]).toEqual([1, 'VNES2004', 'VNES3104']);
  });
});

test('a run tells grades in its summary and its report, and records them', async () => {
  const shop = copyOf(prepared);
  const { stderr } = await vnes(shop, [...RUN, '--record', 'again']);
  expect(stderr).toMatch(/^capsules {4}1 admitted$/m);
  const report = JSON.parse(shop.read('again/report.json'));
  expect(report.capsules).toMatchObject([{ id: ID, grade: 'admitted' }]);
  expect(validateRunReport(report)).toEqual([]);
  expect(readFileSync(shop.at('again/journal/00000001.vnj'), 'latin1')).toContain('"grade":"admitted"');
});

describe('a rule of a policy', () => {
  const policy = (level: string) =>
    JSON.stringify({
      version: 1,
      rules: [
        { id: 'typed', why: 'a test', scopes: [{ namespace: '*', level }], demand: { types: ['driver'] } },
      ],
    });

  test('that warns lets the capsule run, and is told wherever the grade is', async () => {
    const shop = copyOf(prepared);
    shop.write('policy.json', policy('warn'));
    const { stderr, status } = await vnes(shop, [...RUN, '--policy', 'policy.json', '--record', 'again']);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^capsules {4}1 warned$/m)]);
    expect(stderr).toMatch(/^ {12}warned user\.me\.probe@1\.0\.0: policy\/typed$/m);
    const { capsules } = JSON.parse(shop.read('again/report.json'));
    expect(capsules).toMatchObject([{ grade: 'warned', because: ['policy/typed'] }]);
    expect(await reportOf(shop, ['fsck', 'again'])).toMatchObject({ ok: true });
    expect((await inspect(shop, '--grade', 'warned')).records).toMatchObject([
      { name: `${ID}@1.0.0`, grade: 'warned', because: [{ rule: 'policy/typed' }] },
    ]);
  });

  test('that is enforced keeps it in quarantine, and no signature mends that', async () => {
    const shop = copyOf(prepared);
    shop.write('policy.json', policy('enforce'));
    await reportOf(shop, [...RUN, '--policy', 'policy.json']);
    const { records } = await inspect(shop, ID);
    expect(records).toMatchObject([{ grade: 'quarantined', because: [{ rule: 'policy/typed' }] }]);
    const asked = await release(shop, '--policy', 'policy.json', '--remediate');
    expect(asked.codes).toEqual(['VNES3106', 'VNES3102']);
    expect((await release(shop)).capsules).toMatchObject([{ released: true, grade: 'admitted' }]);
  });
});

describe('what cannot be', () => {
  test.each<Case>([
    [
      'inspect: a capsule that nothing is known of',
      () => {},
      ['quarantine-inspect', 'user.me.nope'],
      2,
      ['VNES3104'],
    ],
    [
      'inspect: a grade that there is not',
      () => {},
      ['quarantine-inspect', '--grade', 'fine'],
      2,
      ['VNES9006'],
    ],
    ['release: a capsule that nothing is known of', () => {}, ['release', 'user.me.nope'], 2, ['VNES3104']],
    ['release: nothing', () => {}, ['release'], 2, ['VNES9004']],
    [
      'verify: a quarantine of what is in git',
      () => {},
      ['verify', '--staged', '--quarantine'],
      2,
      ['VNES9006'],
    ],
  ])('%s', async (...example) => {
    await refused(prepared, example);
  });

  test('the full screen without a terminal names the command that needs none', async () => {
    const { status, stdout, stderr } = await vnes(copyOf(prepared), ['quarantine-inspect', '--tui']);
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toContain('error[VNES3107]');
    expect(stderr).toContain('help: vnes quarantine-inspect');
    expect(errorsOf(await reportOf(prepared, ['quarantine-inspect', '--tui']))).toEqual(['VNES9006']);
  });
});

/** Every file of the capsule, with its bytes. */
function filesOf(shop: Workshop): Record<string, string> {
  const entries = readdirSync(shop.at(PROBE), { recursive: true, withFileTypes: true });
  const files = entries
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`);
  return Object.fromEntries(files.sort().map(file => [file, readFileSync(file, 'latin1')]));
}
