import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Line } from '../../../src/cli/quarantine/line.ts';
import { type Frame, frameOf } from '../../../src/cli/quarantine/screen/frame.ts';
import {
  initialState,
  type KeyName,
  type Press,
  press,
  type State,
  selectedRecord,
  TABS,
  visible,
  withRecord,
} from '../../../src/cli/quarantine/screen/state.ts';
import { safe, toWidth, widthOf, wrap } from '../../../src/cli/quarantine/screen/width.ts';
import type { CapsuleRecord } from '../../../src/kernel/quarantine/model.ts';
import type { Grade } from '../../../src/trust/verdict.ts';

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 10 },
  { columns: 220, rows: 70 },
  { columns: 20, rows: 6 },
  { columns: 9, rows: 3 },
];

/** Names that a terminal could obey or misjudge. */
const HOSTILE = [
  '\u001b[31mred',
  '\u202egnp',
  'two\nlines',
  '\u0007',
  '漢字'.repeat(60),
  'x'.repeat(500),
  '👩‍👩‍👧‍👦',
  'e\u0301\u0302',
  '\tt',
];

function record(name: string, grade: Grade = 'quarantined', folder = name): CapsuleRecord {
  const diagnostics = [{ code: 'VNES2004', severity: 'error', message: `bad ${name}`, help: name } as const];
  const entry = {
    schemaVersion: 2,
    folder,
    name,
    gate: 'run',
    at: '2027-01-01T00:00:00Z',
    since: '2027-01-01T00:00:00Z',
    verdict: {
      folder,
      grade,
      admitted: grade !== 'quarantined',
      signers: [],
      checks: [{ id: 'receipt.files', proves: `It is ${name}.`, result: 'fail', diagnostics }],
    },
    content: { files: [], receipt: null, signers: [] },
  } as const;
  return { entries: [entry], now: entry, lastAdmitted: undefined };
}

const textOf = (line: Line) => line.map(span => (typeof span === 'string' ? span : span[1])).join('');
const screen = (state: State, size = SIZES[0]!) => frameOf(state, size).lines.map(textOf);

/** What a user sees after these keys. */
function keyed(state: State, keys: readonly Press[], size = SIZES[0]!): State {
  return keys.reduce((now, pressed) => {
    const { page, all }: Frame = frameOf(now, size);
    return press(now, pressed, page, all);
  }, state);
}

const key = (name: KeyName): Press => ({ key: name });
const typed = (text: string): Press[] => [...text].map(character => ({ text: character }));

describe('a frame fills the screen exactly, and nothing in it is obeyed', () => {
  test.each(SIZES)('$columns x $rows', size => {
    for (const count of [0, 1, 500]) {
      const records = Array.from({ length: count }, (_, index) =>
        record(`${index}${HOSTILE[index % HOSTILE.length]}`),
      );
      for (const tab of TABS.keys()) {
        const lines = frameOf({ ...initialState(records), tab }, size).lines;
        expect(lines).toHaveLength(size.rows);
        expect(new Set(lines.map(widthOf))).toEqual(new Set([size.columns]));
        expect(lines.map(textOf).join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }
    }
  });
});

describe('keys', () => {
  const state = initialState([record('a'), record('b', 'waived'), record('c', 'admitted')]);

  test('move through the list, and not beyond its ends', () => {
    const at = (...names: KeyName[]) => selectedRecord(keyed(state, names.map(key)))?.now.name;
    expect([
      at(),
      at('down'),
      at('down', 'down', 'down'),
      at('up'),
      at('end', 'up'),
      at('end', 'home'),
    ]).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
    expect(selectedRecord(keyed(state, typed('jjk')))?.now.name).toBe('b');
  });

  test('turn the tabs round', () => {
    const tab = (...names: KeyName[]) => TABS[keyed(state, names.map(key)).tab];
    expect([tab('right'), tab('left'), tab(...TABS.map(() => 'right' as const))]).toEqual([
      'files',
      'release',
      'proof',
    ]);
    expect(screen(keyed(state, typed('l')))[1]).toContain('[files]');
  });

  test('scroll a long tab to its end and no further', () => {
    const size = { columns: 80, rows: 8 };
    const down = keyed(
      state,
      Array.from({ length: 20 }, () => key('pageDown')),
      size,
    );
    const { page, all } = frameOf(down, size);
    expect(down.scroll).toBe(all - page);
    expect(
      keyed(
        down,
        Array.from({ length: 20 }, () => key('pageUp')),
        size,
      ).scroll,
    ).toBe(0);
  });

  test('filter by name, folder and grade', () => {
    const filtered = keyed(state, [...typed('/waiv'), key('enter')]);
    expect(visible(filtered).map(({ now }) => now.name)).toEqual(['b']);
    expect(screen(filtered)[0]).toContain('1 match "waiv"');
    expect(visible(keyed(filtered, [key('escape')]))).toHaveLength(3);
    const typing = keyed(state, typed('/qj'));
    expect([typing.filter, typing.selected]).toEqual(['qj', 0]);
    expect(screen(typing).at(-1)).toContain('/qj');
    expect(screen(typing).join('')).toContain('nothing matches');
    expect(keyed(typing, [key('backspace'), key('backspace'), key('backspace')]).filter).toBe('');
  });

  test('whatever is typed, the screen stays whole', () => {
    const names: KeyName[] = [
      'up',
      'down',
      'left',
      'right',
      'pageUp',
      'pageDown',
      'home',
      'end',
      'enter',
      'escape',
      'backspace',
    ];
    const presses = fc.oneof(
      fc.constantFrom(...names).map(key),
      fc.string({ unit: 'grapheme', maxLength: 2 }).map(text => ({ text })),
    );
    fc.assert(
      fc.property(fc.array(presses, { maxLength: 30 }), fc.constantFrom(...SIZES), (keys, size) => {
        const lines = frameOf(keyed(state, keys, size), size).lines;
        expect(lines).toHaveLength(size.rows);
        expect(new Set(lines.map(widthOf))).toEqual(new Set([size.columns]));
      }),
    );
  });
});

test('a capsule that was examined again takes the place of what was known of it', () => {
  const state = keyed(initialState([record('a'), record('b')]), [key('down')]);
  const next = withRecord(state, record('b', 'admitted'), 'b is admitted');
  expect(selectedRecord(next)?.now.verdict.grade).toBe('admitted');
  expect(screen(next).at(-1)).toContain('b is admitted');
  expect(screen(keyed(next, [key('up')])).at(-1)).toContain('q quit');
});

describe('lines', () => {
  test('are wrapped after words, and the rest keeps the indent', () => {
    expect(wrap(['  one two three'], 11).map(textOf)).toEqual(['  one two ', '  three']);
    expect(wrap([['bad', 'abcdefghij']], 4)).toEqual([[['bad', 'abcd']], [['bad', 'efgh']], [['bad', 'ij']]]);
  });

  test('lose nothing but the indent by being wrapped', () => {
    const span = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.tuple(fc.constantFrom('good', 'bad'), fc.string()),
    );
    fc.assert(
      fc.property(fc.array(span, { maxLength: 5 }), fc.integer({ min: 4, max: 30 }), (spans, width) => {
        const line = safe(spans as Line);
        const wrapped = wrap(line, width);
        expect(Math.max(...wrapped.map(widthOf))).toBeLessThanOrEqual(width);
        const letters = (text: string) => text.replaceAll(' ', '');
        expect(letters(wrapped.map(textOf).join(''))).toBe(letters(textOf(line)));
        expect(widthOf(toWidth(line, width))).toBe(width);
      }),
    );
  });
});
