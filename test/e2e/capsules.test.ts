import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { asItIs, type Case, refused } from './refusal.ts';
import { prepare, type Workshop } from './workshop.ts';

const PROBE = 'capsules/probe';
const MANIFEST = `${PROBE}/manifest.json`;
const RECEIPT = `${PROBE}/receipt.stunir.json`;
const INPUT = ['--input', 'good.ndjson'];
const READERS = ['verify', 'resolve', 'run'];
const prepared = await prepare();

const writes = (name: string, content: string | Uint8Array) => (shop: Workshop) => shop.write(name, content);
const removes = (name: string) => (shop: Workshop) => rmSync(shop.at(name), { recursive: true });
const folder = (name: string) => (shop: Workshop) => {
  rmSync(shop.at(name), { force: true });
  mkdirSync(shop.at(name));
};

/** A command line about `path`, with what the command needs besides. */
function on(command: string, path: string, ...rest: string[]): string[] {
  return [command, path, ...(command === 'run' ? INPUT : []), ...rest];
}

describe.each(['build', 'sign', ...READERS])('%s: what leads to no capsule', command => {
  test.each<Case>([
    ['a missing path', asItIs, on(command, 'nowhere'), 2, ['VNES1010']],
    ['an empty path', asItIs, on(command, ''), 2, ['VNES1010']],
    ['an empty folder', folder('empty'), on(command, 'empty'), 2, ['VNES4001']],
    ['a file', asItIs, on(command, 'good.ndjson'), 2, ['VNES4002']],
    [
      'one good path and two bad ones',
      asItIs,
      [...on(command, 'capsules'), 'a', 'b'],
      2,
      ['VNES1010', 'VNES1010'],
    ],
    ['an unknown option', asItIs, on(command, 'capsules', '--nope'), 2, ['VNES9003']],
  ])('%s', async (...example) => {
    expect((await refused(prepared, example)).data).toBeNull();
  });
});

describe.each(['build', 'sign'])('%s: what cannot be made a good capsule', command => {
  const cases: Case[] = [
    ['broken JSON', writes(MANIFEST, '{\n  "id": oops\n}'), [command, 'capsules'], 2, ['VNES1002']],
    ['an empty manifest', writes(MANIFEST, ''), [command, 'capsules'], 2, ['VNES1002']],
    ['a binary manifest', writes(MANIFEST, Buffer.from([0, 255, 1])), [command, 'capsules'], 2, ['VNES1001']],
    ['a manifest of 5 MB', writes(MANIFEST, '['.repeat(5e6)), [command, 'capsules'], 2, ['VNES1005']],
    ['a deep manifest', writes(MANIFEST, '['.repeat(5e3)), [command, 'capsules'], 2, ['VNES1005']],
    ['a folder as manifest', folder(MANIFEST), [command, 'capsules'], 2, ['VNES1020']],
    ['no manifest', removes(MANIFEST), [command, 'capsules'], 2, ['VNES1020']],
    [
      'a symbolic link',
      ({ at }) => symlinkSync('/etc/passwd', at(PROBE, 'link')),
      [command, 'capsules'],
      1,
      ['VNES2020'],
    ],
    [
      'a pipe as manifest',
      ({ at }) => {
        rmSync(at(MANIFEST));
        spawnSync('mkfifo', [at(MANIFEST)]);
      },
      [command, 'capsules'],
      1,
      ['VNES2020'],
    ],
  ];
  test.each(cases)('%s', async (...example) => {
    await refused(prepared, example);
  });
});

test.each<Case>([
  [
    'sign: a build of other sources',
    writes(`${PROBE}/impl/src/main.ts`, ''),
    ['sign', 'capsules'],
    1,
    ['VNES2050'],
  ],
  ['sign: no component', removes(`${PROBE}/impl/capsule.wasm`), ['sign', 'capsules'], 1, ['VNES2051']],
  ['sign: a folder as receipt', folder(RECEIPT), ['sign', 'capsules'], 4, ['VNES1012']],
  ['sign: no key', removes('home/.config'), ['sign', 'capsules'], 2, ['VNES2031']],
  [
    'sign: a key that is none',
    writes('key', Buffer.from([1, 255])),
    ['sign', 'capsules', '-k', './key'],
    2,
    ['VNES2032'],
  ],
  ['sign: a folder as key', asItIs, ['sign', 'capsules', '--key', './capsules'], 2, ['VNES1010']],
  ['sign: nothing named', asItIs, ['sign'], 2, ['VNES9004']],
  ['build: no sources', removes(`${PROBE}/impl/src/main.ts`), ['build', 'capsules'], 2, ['VNES5406']],
  [
    'build: a broken schema',
    writes(`${PROBE}/spec/schemas/order.json`, '{"type":'),
    ['build', 'capsules'],
    2,
    ['VNES1002'],
  ],
  [
    'build: a folder as schema',
    folder(`${PROBE}/spec/schemas/order.json`),
    ['build', 'capsules'],
    2,
    ['VNES5406'],
  ],
])('%s', async (...example) => {
  await refused(prepared, example);
});

/** Every command that trusts capsules refuses the same ones, with the same codes. */
const UNTRUSTED: readonly (readonly [string, Case[1], readonly string[]])[] = [
  ['a tampered file', writes(`${PROBE}/spec/logic.md`, 'x'), ['VNES2004']],
  ['a tampered component', writes(`${PROBE}/impl/capsule.wasm`, 'x'), ['VNES2004']],
  ['an added file', writes(`${PROBE}/more.js`, 'x'), ['VNES2005']],
  ['a removed file', removes(`${PROBE}/spec/logic.md`), ['VNES2006']],
  ['a removed component', removes(`${PROBE}/impl/capsule.wasm`), ['VNES2006']],
  [
    'a renamed file',
    ({ at }) => {
      cpSync(at(PROBE, 'spec/logic.md'), at(PROBE, 'spec/b.md'));
      rmSync(at(PROBE, 'spec/logic.md'));
    },
    ['VNES2005', 'VNES2006'],
  ],
  ['a missing receipt', removes(RECEIPT), ['VNES2001']],
  ['a folder as receipt', folder(RECEIPT), ['VNES2001']],
  ['a binary receipt', writes(RECEIPT, Buffer.from([0, 255, 1])), ['VNES1001']],
  ['a broken receipt', writes(RECEIPT, '{"payload":'), ['VNES1002']],
  ['a broken manifest', writes(MANIFEST, '{\n  "id": oops\n}'), ['VNES1002', 'VNES2004']],
  ['a missing manifest', removes(MANIFEST), ['VNES1020', 'VNES2006']],
  ['a manifest of 5 MB', writes(MANIFEST, '['.repeat(5e6)), ['VNES1005', 'VNES2004']],
  [
    'a receipt of another capsule',
    ({ at }) => cpSync(at('shady/sockets/receipt.stunir.json'), at(RECEIPT)),
    ['VNES2003', 'VNES2005', 'VNES2004', 'VNES2004'],
  ],
  ['a symbolic link', ({ at }) => symlinkSync('/etc/passwd', at(PROBE, 'link')), ['VNES2020']],
  ['a key that nobody trusts', removes('home/.config'), ['VNES2011']],
];

describe.each(READERS)('%s', command => {
  const quarantine = command === 'run' ? ['VNES3101'] : [];
  test.each(UNTRUSTED)('%s', async (what, spoil, codes) => {
    const example: Case = [what, spoil, on(command, 'capsules'), 1, [...codes, ...quarantine]];
    await refused(prepared, example);
  });

  test('a key that may not sign for the namespace', async () => {
    const narrow = (shop: Workshop) => {
      const file = 'home/.config/vnes/trust.json';
      shop.write(file, shop.read(file).replace('"user.*"', '"user.somebody.*"'));
    };
    await refused(prepared, ['', narrow, on(command, 'capsules'), 1, ['VNES3001', ...quarantine]]);
  });

  test.each<Case>([
    ['a missing trust file', asItIs, on(command, 'capsules', '--trust', 'nope'), 2, ['VNES1010']],
    ['a folder as trust file', asItIs, on(command, 'capsules', '--trust', 'capsules'), 2, ['VNES1010']],
    [
      'a broken trust file',
      writes('t', '{\n"version": 1,,'),
      on(command, 'capsules', '--trust', 't'),
      2,
      ['VNES1002'],
    ],
    [
      'a trust file without keys',
      writes('t', '{"version":1,"keys":[]}'),
      on(command, 'capsules', '--trust', 't'),
      2,
      ['VNES1011'],
    ],
  ])('%s', async (...example) => {
    await refused(prepared, example);
  });
});

test('a broken manifest is shown with its line and column', async () => {
  const spoil = writes(MANIFEST, '{\n  "id": oops\n}');
  const { diagnostics } = await refused(prepared, ['', spoil, ['sign', 'capsules'], 2, ['VNES1002']]);
  expect(diagnostics[0]?.place).toMatchObject({ file: MANIFEST, line: 2, column: 9 });
});

test('violations of a schema are shown all at once, each with its place', async () => {
  const spoil = writes(MANIFEST, '{\n  "id": "Bad Id",\n  "version": 1,\n  "type": "logic"\n}');
  const codes = Array(5).fill('VNES1011');
  const { diagnostics } = await refused(prepared, ['', spoil, ['sign', 'capsules'], 2, codes]);
  expect(diagnostics.map(({ place }) => [place?.pointer, place?.line])).toEqual([
    ['', 1],
    ['', 1],
    ['', 1],
    ['/id', 2],
    ['/version', 3],
  ]);
});

test('a good capsule does not hide a bad one, nor a bad one a good one', async () => {
  const spoil = ({ at, write }: Workshop) => {
    cpSync(at(PROBE), at('capsules/other'), { recursive: true });
    write('capsules/other/more.js', 'x');
  };
  const { data } = await refused(prepared, ['', spoil, ['verify', 'capsules'], 1, ['VNES2005']]);
  expect(data).toMatchObject({ totals: { discovered: 2, verified: 1, failed: 1 } });
});
