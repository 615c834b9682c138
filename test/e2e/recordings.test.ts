import { appendFileSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BEGINS,
  FRAME_HEADER_BYTES,
  hasMark,
  SEGMENT_HEADER_BYTES,
  statedLength,
} from '../../src/store/frame.ts';
import { asItIs, type Case, errorsOf, refused, reportOf } from './refusal.ts';
import { copyOf, prepare, type Workshop } from './workshop.ts';

const prepared = await prepare();
const JOURNAL = 'recording/journal/00000001.vnj';
const OBJECTS = 'recording/objects/sha256';

/** Every command that reads a recording, about `dir`. */
const READERS: Readonly<Record<string, (dir: string) => string[]>> = {
  replay: dir => ['replay', dir],
  'state get': dir => ['state', 'get', dir, 'user.me.probe/count'],
  'state history': dir => ['state', 'history', dir, 'user.me.probe/count'],
  'state scan': dir => ['state', 'scan', dir],
  'state diff': dir => ['state', 'diff', dir],
  'bus log': dir => ['bus', 'log', dir],
  'bus topics': dir => ['bus', 'topics', dir],
  'bus tail': dir => ['bus', 'tail', dir],
};

const cut = (bytes: number) => (shop: Workshop) =>
  truncateSync(shop.at(JOURNAL), shop.bytes(JOURNAL).length - bytes);
/** Changes one bit; a place below 0 counts from the end. */
const flip = (name: string, place: number) => (shop: Workshop) => {
  const bytes = shop.bytes(name);
  bytes[place < 0 ? bytes.length + place : place]! ^= 1;
  writeFileSync(shop.at(name), bytes);
};

/** Puts an empty folder where a file was. */
const asFolder = (nameIn: (shop: Workshop) => string) => (shop: Workshop) => {
  const path = shop.at(nameIn(shop));
  rmSync(path);
  mkdirSync(path);
};

describe.each(Object.entries(READERS))('%s', (_, ask) => {
  test.each<Case>([
    ['a missing folder', asItIs, ask('nope'), 2, ['VNES8001']],
    ['an empty path', asItIs, ask(''), 2, ['VNES8001']],
    ['an empty folder', ({ at }) => mkdirSync(at('empty')), ask('empty'), 2, ['VNES8001']],
    ['a file', asItIs, ask('good.ndjson'), 2, ['VNES8001']],
    ['a bit in the middle changed', flip(JOURNAL, 2000), ask('recording'), 1, ['VNES8003']],
    ['an unknown option', asItIs, [...ask('recording'), '--nope'], 2, ['VNES9003']],
  ])('%s', async (...example) => {
    expect((await refused(prepared, example)).data).toBeNull();
  });
});

/** A tail waits for the rest, which a writer may still add. */
test.each(Object.entries(READERS).filter(([name]) => name !== 'bus tail'))(
  '%s of one that is cut short by a byte',
  async (_, ask) => {
    const example: Case = ['cut short by a byte', cut(1), ask('recording'), 1, ['VNES8003']];
    expect((await refused(prepared, example)).data).toBeNull();
  },
);

const REPLAY = ['replay', 'recording'] as const;

describe('a damaged journal', () => {
  test.each<Case>([
    ['none', ({ at }) => rmSync(at('recording/journal'), { recursive: true }), REPLAY, 2, ['VNES8001']],
    ['cut short by 900 bytes', cut(900), REPLAY, 1, ['VNES8003']],
    ['cut to nothing', ({ at }) => truncateSync(at(JOURNAL)), REPLAY, 1, ['VNES8003']],
    ['the first bit changed', flip(JOURNAL, 0), REPLAY, 1, ['VNES8003']],
    ['the last bit changed', flip(JOURNAL, -1), REPLAY, 1, ['VNES8003']],
    ['a byte too many', ({ at }) => appendFileSync(at(JOURNAL), 'x'), REPLAY, 1, ['VNES8003']],
    ['a folder as segment', asFolder(() => JOURNAL), REPLAY, 1, ['VNES8003']],
  ])('%s', async (...example) => {
    expect((await refused(prepared, example)).data).toBeNull();
  });

  test('a whole group of records cut off at the end: unfinished, neither replayed nor answered with success', async () => {
    const shop = copyOf(prepared);
    const report = await reportOf(shop, ['bus', 'log', 'recording']);
    expect(report.ok).toBe(true);
    truncateSync(shop.at(JOURNAL), lastGroup(shop.bytes(JOURNAL)));
    for (const [words, data] of [
      [REPLAY, false],
      [['bus', 'log', 'recording'], true],
    ] as const) {
      const cutOff = await reportOf(shop, words);
      expect([cutOff.exitCode, ...errorsOf(cutOff)]).toEqual([1, 'VNES8002']);
      expect(cutOff.data !== null).toBe(data);
    }
  });
});

test.each(Object.keys(READERS))('%s without a recording', async words => {
  await refused(prepared, ['', asItIs, words.split(' '), 2, ['VNES9004']]);
});

/** The byte at which the last group of a segment begins. */
function lastGroup(bytes: Buffer): number {
  let group = 0;
  for (let at = SEGMENT_HEADER_BYTES; at < bytes.length; ) {
    const header = bytes.subarray(at);
    if (hasMark(header, BEGINS)) group = at;
    at += FRAME_HEADER_BYTES + statedLength(header);
  }
  return group;
}

/** The folder of the first object; what it holds. */
function firstObject({ at }: Workshop): string {
  const folder = `${OBJECTS}/${readdirSync(at(OBJECTS)).sort()[0]}`;
  return `${folder}/${readdirSync(at(folder))[0]}`;
}

describe('replay needs every object, unchanged', () => {
  test.each<Case>([
    [
      'none at all',
      ({ at }) => rmSync(at('recording/objects'), { recursive: true }),
      ['replay', 'recording'],
      1,
      ['VNES8007'],
    ],
    ['one missing', shop => rmSync(shop.at(firstObject(shop))), REPLAY, 1, ['VNES8007']],
    [
      'one changed in a bit',
      shop => flip(firstObject(shop), 5)(shop),
      ['replay', 'recording'],
      1,
      ['VNES8007'],
    ],
    ['one a folder', asFolder(firstObject), REPLAY, 1, ['VNES8007']],
  ])('%s', async (...example) => {
    await refused(prepared, example);
  });
});

describe('questions about what is not there', () => {
  test.each<Case>([
    ['an unknown key', asItIs, ['state', 'get', 'recording', 'nope'], 1, ['VNES7011']],
    ['the history of an unknown key', asItIs, ['state', 'history', 'recording', 'nope'], 1, ['VNES7011']],
    ['an unknown prefix', asItIs, ['state', 'scan', 'recording', 'nope'], 1, ['VNES7011']],
    ['no key', asItIs, ['state', 'get', 'recording'], 2, ['VNES9004']],
    ['an event that is none', asItIs, ['state', 'diff', 'recording', '--at', 'zzz'], 2, ['VNES7013']],
    ['an event after the last', asItIs, ['state', 'diff', 'recording', '--at', '999'], 1, ['VNES7012']],
    ['an unknown topic', asItIs, ['bus', 'log', 'recording', '--topic', 'a.b.v1'], 1, ['VNES7002']],
    ['a log from beyond its end', asItIs, ['bus', 'log', 'recording', '--from', '999'], 1, ['VNES7012']],
    ['a log from nowhere', asItIs, ['bus', 'log', 'recording', '--from=-1'], 2, ['VNES9006']],
    ['a log of nothing', asItIs, ['bus', 'log', 'recording', '--limit', '0'], 2, ['VNES9006']],
    ['state without a word', asItIs, ['state'], 2, ['VNES9002']],
    ['an unknown word', asItIs, ['bus', 'stop'], 2, ['VNES9001']],
  ])('%s', async (...example) => {
    await refused(prepared, example);
  });
});

test.each<readonly [string, Case[1]]>([
  ['garbage as index', shop => shop.write('recording/index.sqlite', 'x')],
  ['a folder as index', ({ at }) => mkdirSync(at('recording/index.sqlite'))],
  ['a folder as note of the index', ({ at }) => mkdirSync(at('recording/index.json'))],
])('the journal answers whatever became of the index: %s', async (_, spoil) => {
  const shop = copyOf(prepared);
  spoil(shop);
  const { ok, data } = await reportOf(shop, READERS['state get']!('recording'));
  expect({ ok, data }).toMatchObject({ ok: true, data: { value: 3 } });
});
