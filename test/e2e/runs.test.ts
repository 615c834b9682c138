import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { recordName } from '../../src/kernel/quarantine/read.ts';
import { lacks } from '../bubblewrap.ts';
import { asItIs, type Case, errorsOf, refused, reportOf } from './refusal.ts';
import { copyOf, orders, prepare, vnes, type Workshop } from './workshop.ts';

const prepared = await prepare();
const RUN = ['run', 'capsules', '--input'] as const;
const GOOD = [...RUN, 'good.ndjson'] as const;

const edits = (name: string, from: string, to: string) => (shop: Workshop) =>
  shop.write(name, shop.read(name).replace(from, to));
const writes = (name: string, content: string | Uint8Array) => (shop: Workshop) => shop.write(name, content);
const line = (event: object) => `${JSON.stringify({ topic: 'probe.order.v1', ...event })}\n`;
const INPUT = [...RUN, 'input'] as const;
const homeless = (shop: Workshop) => {
  rmSync(shop.at('home'), { recursive: true });
  shop.write('home', '');
};

describe('an input is taken whole or not at all', () => {
  test.each<Case>([
    ['none is named', asItIs, ['run', 'capsules'], 2, ['VNES9007']],
    ['a missing file', asItIs, [...RUN, 'nope'], 2, ['VNES1010']],
    ['a folder', asItIs, [...RUN, 'capsules'], 2, ['VNES1010']],
    ['an empty file', writes('input', ''), INPUT, 2, ['VNES1106']],
    ['blank lines only', writes('input', '\n \n\n'), INPUT, 2, ['VNES1106']],
    ['bytes that are no text', writes('input', Buffer.from([0, 255, 1])), INPUT, 2, ['VNES1001']],
    ['40 MB of zeros', writes('input', Buffer.alloc(4e7)), INPUT, 2, ['VNES1005']],
    ['a line of 3 MB', writes('input', line({ payload: { do: 'x'.repeat(3e6) } })), INPUT, 2, ['VNES1005']],
    ['a list', writes('input', '[]\n'), INPUT, 2, ['VNES1101']],
    ['an unknown topic', writes('input', line({ topic: 'a.b.v1', payload: 1 })), INPUT, 2, ['VNES1102']],
    [
      'time running back',
      writes(
        'input',
        line({ time: 2, payload: { do: 'count' } }) + line({ time: 1, payload: { do: 'count' } }),
      ),
      INPUT,
      2,
      ['VNES1103'],
    ],
    [
      'an id twice',
      writes('input', line({ id: 'a', payload: { do: 'count' } }).repeat(2)),
      INPUT,
      2,
      ['VNES1104'],
    ],
  ])('%s', async (...example) => {
    expect((await refused(prepared, example)).data).toBeNull();
  });

  test('broken JSON and payloads against their schema: all of them, with their lines', async () => {
    const lines = [
      line({ payload: { do: 'count' } }),
      '{"topic": oops}\n',
      line({ payload: { do: 1 } }),
      line({ payload: {} }),
    ];
    const shop = copyOf(prepared);
    shop.write('input', lines.join(''));
    const report = await reportOf(shop, INPUT);
    expect(errorsOf(report)).toEqual(['VNES1002', 'VNES1102', 'VNES1102']);
    expect(report.diagnostics.map(({ place }) => [place?.file, place?.line, place?.column])).toEqual([
      ['input', 2, 11],
      ['input', 3, undefined],
      ['input', 4, undefined],
    ]);
    expect(existsSync(shop.at('.vnes/runs')), 'nothing was recorded').toBe(false);
  });

  test('standard input is input like any other', async () => {
    const shop = copyOf(prepared);
    expect(errorsOf(await reportOf(shop, [...RUN, '-']))).toEqual(['VNES1106']);
    expect(await reportOf(shop, [...RUN, '-'], orders('count'))).toMatchObject({ data: { ingress: 1 } });
    const broken = await reportOf(shop, [...RUN, '-'], '{');
    expect(broken.diagnostics).toMatchObject([
      { code: 'VNES1002', place: { file: '(standard input)', line: 1 } },
    ]);
  });
});

for (const zone of ['system', 'session'])
  describe.skipIf(lacks(zone))(
    `a capsule that fails, in zone ${zone}: exit status 20, and nothing is lost`,
    () => {
      test.each([
        ['trap', 'a trap'],
        ['error', 'an error of its own'],
        ['recurse', 'an endless recursion'],
        ['break-schema', 'an event against its schema'],
        ['foreign-key', "a write to another's key"],
        ['foreign-topic', 'an event on a topic that it does not declare'],
      ])('%s: %s', async order => {
        const shop = copyOf(prepared);
        shop.write('input', orders('count', order, 'count'));
        const report = await reportOf(shop, [...INPUT, '--trust-zone', zone, '--record', 'failed']);
        expect(report.exitCode).toBe(20);
        expect(errorsOf(report)).toEqual(['VNES6001']);
        const { deliveries, ingress } = report.data as {
          deliveries: Record<string, number>;
          ingress: number;
        };
        expect(ingress).toBe(3);
        expect(Object.values(deliveries).reduce((sum, count) => sum + count, 0)).toBe(3);
        expect(deliveries.ok).toBe(2);
        expect(await reportOf(shop, ['replay', 'failed'])).toMatchObject({ ok: true, data: { equal: true } });
      });
    },
  );

test('a component that imports what no capsule gets is quarantined, with its proof', async () => {
  const shop = copyOf(prepared);
  const report = await reportOf(shop, ['run', 'shady', '--input', 'good.ndjson']);
  expect([report.exitCode, ...errorsOf(report)]).toEqual([1, 'VNES5002', 'VNES3101']);
  const inspected = await vnes(shop, ['quarantine-inspect', 'user.me.sockets']);
  expect(inspected.stdout).toContain('VNES5002 the component imports wasi:sockets/network@0.2.0');
  expect(existsSync(shop.at('.vnes/runs'))).toBe(false);
});

describe('options', () => {
  test.each<Case>([
    ['an unknown zone', asItIs, [...GOOD, '--trust-zone', 'x'], 2, ['VNES9006']],
    ['frames of nothing', asItIs, [...GOOD, '--frame-events', '0'], 2, ['VNES9006']],
    ['a missing lock file', asItIs, [...GOOD, '--lock', 'nope'], 2, ['VNES1010']],
    ['a broken lock file', writes('l', '{"a":'), [...GOOD, '--lock', 'l'], 2, ['VNES1002']],
    ['a folder as lock file', asItIs, [...GOOD, '--lock', 'capsules'], 2, ['VNES1010']],
    ['resolve: a broken lock file', writes('vnes.lock.json', '{'), ['resolve', 'capsules'], 2, ['VNES1002']],
    ['resolve: no lock file to hold to', asItIs, ['resolve', 'capsules', '--frozen'], 2, ['VNES1010']],
    [
      'resolve: a capability that nobody provides',
      asItIs,
      ['resolve', 'capsules', '--require', 'a.b'],
      1,
      ['VNES4009'],
    ],
    ['resolve: no range', asItIs, ['resolve', 'capsules', '--require', 'a.b@@'], 2, ['VNES4005']],
    ['resolve: a requirement of nothing', asItIs, ['resolve', 'capsules', '--require', ''], 2, ['VNES9006']],
    ['resolve: no tier', asItIs, ['resolve', 'capsules', '--min-tier', 'D9'], 2, ['VNES9006']],
  ])('%s', async (...example) => {
    await refused(prepared, example);
  });
});

describe('places that cannot be written are refused, and as early as can be', () => {
  const early: Case[] = [
    ['an output in a missing folder', asItIs, [...GOOD, '--output', 'no/such/file'], 4, ['VNES1012']],
    ['a folder as output', asItIs, [...GOOD, '--output', 'capsules'], 4, ['VNES1012']],
    ['a recording that exists', asItIs, [...GOOD, '--record', 'recording'], 2, ['VNES8006']],
    ['a recording inside a capsule', asItIs, [...GOOD, '--record', 'capsules/probe'], 2, ['VNES1052']],
    ['a recording below a file', asItIs, [...GOOD, '--record', 'good.ndjson/x'], 4, ['VNES8005']],
    ['a recording where no folder can be made', asItIs, [...GOOD, '--record', '/proc/x/y'], 4, ['VNES8005']],
    [
      'a file where the quarantine goes',
      ({ at, write }) => {
        rmSync(at('.vnes'), { recursive: true });
        write('.vnes', '');
      },
      GOOD,
      4,
      ['VNES1012'],
    ],
    ['a file where recordings go', writes('.vnes/runs', ''), GOOD, 4, ['VNES1012']],
    [
      'a lock file in a missing folder',
      asItIs,
      ['resolve', 'capsules', '--lock', 'no/such/lock'],
      4,
      ['VNES1012'],
    ],
    [
      'a capsule where no folder can be made',
      asItIs,
      ['scaffold', 'wasm-ts', 'user.me.a', '--dir', '/proc/x'],
      4,
      ['VNES1012'],
    ],
    [
      'a capsule below a file',
      asItIs,
      ['scaffold', 'wasm-ts', 'user.me.a', '--dir', 'good.ndjson/x'],
      2,
      ['VNES1052'],
    ],
    ['a home that is a file', homeless, ['keys', 'create', '-n', 'b', '--no-passphrase'], 4, ['VNES1012']],
  ];
  test.each(early)('%s', async (...example) => {
    expect((await refused(prepared, example)).data).toBeNull();
  });

  test.skipIf(!existsSync('/dev/full'))(
    'a full device loses neither the verdict nor the recording',
    async () => {
      const shop = copyOf(prepared);
      const report = await reportOf(shop, [...GOOD, '--record', 'kept', '--output', '/dev/full']);
      expect([report.exitCode, ...errorsOf(report)]).toEqual([4, 'VNES1012']);
      expect(await reportOf(shop, ['replay', 'kept'])).toMatchObject({ ok: true });
    },
  );

  test('a quarantine that cannot be written does not hide why a capsule was refused', async () => {
    const shop = copyOf(prepared);
    rmSync(shop.at('.vnes/quarantine'), { recursive: true });
    shop.write('.vnes/quarantine', '');
    shop.write('capsules/probe/more.js', '');
    const report = await reportOf(shop, GOOD);
    expect([report.exitCode, ...errorsOf(report)]).toEqual([1, 'VNES2005', 'VNES3101', 'VNES3104']);
  });
});

describe('the quarantine', () => {
  const INSPECT = ['quarantine-inspect'] as const;
  const RECORD = `.vnes/quarantine/${recordName('capsules/probe')}/00000001.json`;
  test.each<Case>([
    ['an id that is not in it', asItIs, [...INSPECT, 'user.me.nope'], 2, ['VNES3104']],
    ['broken JSON', writes(RECORD, '{'), INSPECT, 2, ['VNES3104']],
    ['bytes that are no text', writes(RECORD, Buffer.from([255, 0])), INSPECT, 2, ['VNES3104']],
    ['a record of another shape', writes(RECORD, '{"schemaVersion":2,"name":"x"}'), INSPECT, 2, ['VNES3104']],
    ['checks of another shape', edits(RECORD, '"checks": [', '"checks": [null,'), INSPECT, 2, ['VNES3104']],
    ['a file that is no record', writes('.vnes/quarantine/a.json', '{}'), INSPECT, 2, ['VNES3104']],
    [
      'a folder as record',
      ({ at }) => {
        rmSync(at(RECORD));
        mkdirSync(at(RECORD));
      },
      INSPECT,
      2,
      ['VNES3104'],
    ],
    [
      'a file as quarantine',
      ({ at, write }) => {
        rmSync(at('.vnes/quarantine'), { recursive: true });
        write('.vnes/quarantine', '');
      },
      INSPECT,
      2,
      ['VNES3104'],
    ],
  ])('%s', async (...example) => {
    await refused(prepared, example);
  });
});

describe('the command line', () => {
  test.each<Case>([
    ['nothing', asItIs, [], 2, ['VNES9002']],
    ['an unknown command', asItIs, ['frobnicate'], 2, ['VNES9001']],
    ['-C to nowhere', asItIs, ['-C', 'nope', 'verify'], 2, ['VNES1010']],
    ['-C to a file', asItIs, ['-C', 'good.ndjson', 'verify'], 2, ['VNES1010']],
    ['an option after --', asItIs, ['verify', '--', '--explain'], 2, ['VNES1010']],
    ['keys without a word', asItIs, ['keys'], 2, ['VNES9002']],
    ['a key that is not there', asItIs, ['keys', 'show', 'nope'], 2, ['VNES2031']],
    ['a key name with a path', asItIs, ['keys', 'create', '-n', '../x', '--no-passphrase'], 2, ['VNES2035']],
    ['a key name that is taken', asItIs, ['keys', 'create', '--no-passphrase'], 2, ['VNES2030']],
    ['no terminal to ask on', asItIs, ['keys', 'create', '-n', 'b'], 2, ['VNES2034']],
    [
      'a folder as passphrase',
      asItIs,
      ['keys', 'create', '-n', 'b', '--passphrase-file', 'capsules'],
      2,
      ['VNES1010'],
    ],
    ['an empty passphrase', asItIs, ['keys', 'create', '-n', 'b', '--passphrase-file', '-'], 2, ['VNES2034']],
    [
      'a public key that is none',
      writes('home/.config/vnes/keys/z.pub.pem', 'x'),
      ['keys', 'list'],
      2,
      ['VNES2033'],
    ],
    [
      'a broken trust file of the user',
      writes('home/.config/vnes/trust.json', '{'),
      ['keys', 'create', '-n', 'b', '--no-passphrase'],
      2,
      ['VNES1002'],
    ],
    ['scaffold without an id', asItIs, ['scaffold', 'wasm-ts'], 2, ['VNES9004']],
    ['an unknown template', asItIs, ['scaffold', 'cobol', 'user.me.a'], 2, ['VNES1050']],
    ['an id that is none', asItIs, ['scaffold', 'wasm-ts', 'A'], 2, ['VNES1051']],
    ['a folder that is taken', asItIs, ['scaffold', 'wasm-ts', 'user.me.capsules'], 2, ['VNES1052']],
    ['an unknown code', asItIs, ['explain', 'VNES0001'], 2, ['VNES9010']],
    ['completion for no shell', asItIs, ['completion'], 2, ['VNES9004']],
    ['completion for an unknown shell', asItIs, ['completion', 'tcsh'], 2, ['VNES9011']],
  ])('%s', async (...example) => {
    await refused(prepared, example);
  });

  test('-C DIR is where everything is read and written', async () => {
    const shop = copyOf(prepared);
    const report = await reportOf(shop, [
      '-C',
      'capsules',
      'run',
      '.',
      '-i',
      '../good.ndjson',
      '-o',
      '../out',
    ]);
    expect(report).toMatchObject({ ok: true, data: { recording: '.vnes/runs/0001' } });
    expect(readdirSync(shop.at('capsules/.vnes/runs'))).toEqual(['0001']);
    expect(shop.read('out').split('\n')).toHaveLength(4);
    expect(await reportOf(shop, ['-C', 'capsules', 'verify'])).toMatchObject({ ok: true });
  });

  test.skipIf(!existsSync('/dev/full'))(
    'a report that cannot be printed is told on standard error',
    async () => {
      const shop = copyOf(prepared);
      for (const words of [['explain'], ['--json', 'explain'], ['--json', 'verify', 'capsules']]) {
        const { status, stderr } = await vnes(shop, words, { stdout: '/dev/full' });
        expect([status, stderr.split('\n')[0]]).toEqual([
          4,
          'error[VNES9020]: there is no space left on the device',
        ]);
        expect(stderr).not.toMatch(/^\s+at /m);
      }
    },
  );
});
