import type { Difference } from '../../../kernel/quarantine/difference.ts';
import type { CapsuleRecord } from '../../../kernel/quarantine/model.ts';
import type { Grade } from '../../../trust/verdict.ts';
import type { Paint } from '../../command.ts';
import { gradeSum } from '../../render/grade-lines.ts';
import { fileLines, manifestLines, signerLines } from '../difference-lines.ts';
import type { Line } from '../line.ts';
import { headLines, historyLines, proofLines, releaseLines } from '../proof-lines.ts';
import { type State, selectedRecord, TABS, type Tab, visible } from './state.ts';
import { safe, toWidth, wrap } from './width.ts';

/** A terminal's size in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What stands on the screen, and how much of the tab there is. */
export interface Frame {
  /** As many lines as the terminal has rows, each as wide as it. */
  readonly lines: readonly Line[];
  /** Lines of the tab that are shown at once, and all of them. */
  readonly page: number;
  readonly all: number;
}

/** Below this many columns, the list stands above the details and not beside them. */
const WIDE = 72;
const LEAST: Size = { columns: 20, rows: 6 };
const GRADES: Readonly<Record<Grade, readonly [keyof Paint, string]>> = {
  quarantined: ['bad', 'quar'],
  waived: ['warn', 'waiv'],
  warned: ['warn', 'warn'],
  admitted: ['good', 'ok  '],
};
const KEYS = 'up down record · tab next · pgup pgdn scroll · / filter · r re-verify · q quit';

/** Draws the state. Nothing that a capsule holds reaches the terminal unescaped, and no line is wider than it. */
export function frameOf(state: State, size: Size): Frame {
  const { columns, rows } = size;
  if (columns < LEAST.columns || rows < LEAST.rows) return tooSmall(size);
  const body = rows - 3;
  const wide = columns >= WIDE;
  const listWidth = wide ? Math.min(48, Math.floor(columns * 0.36)) : columns;
  const listRows = wide ? body : Math.max(1, Math.floor(body / 3));
  const detailWidth = wide ? columns - listWidth - 3 : columns;
  const page = wide ? body : body - listRows;
  const content = tabLines(state).flatMap(line => wrap(safe(line), detailWidth));
  const scroll = Math.min(state.scroll, Math.max(0, content.length - page));
  const list = listLines(state, listRows);
  const shown = content.slice(scroll, scroll + page);
  const panes = wide
    ? beside(list, shown, { listWidth, detailWidth, body })
    : above(list, shown, listRows, page);
  const head = [titleLine(state), tabLine(state, scroll, page, content.length)];
  const lines = [...head, ...panes, footLine(state)].map(line => toWidth(safe(line), columns));
  return { lines, page, all: content.length };
}

function tooSmall({ columns, rows }: Size): Frame {
  const told: Line[] = [[`needs ${LEAST.columns}x${LEAST.rows}; q quits`]];
  const lines = Array.from({ length: rows }, (_, index) => toWidth(told[index] ?? [], columns));
  return { lines, page: 1, all: 1 };
}

function titleLine(state: State): Line {
  const shown = visible(state);
  const sum = gradeSum(state.records.map(({ now }) => now.verdict));
  const filtered = state.filter === '' ? '' : ` · ${shown.length} match ${JSON.stringify(state.filter)}`;
  return [['bold', 'quarantine'], ` ${sum === '' ? 'no run has examined a capsule here' : sum}${filtered}`];
}

function tabLine(state: State, scroll: number, page: number, all: number): Line {
  const tabs = TABS.map(
    (name, index): Line => (index === state.tab ? [['accent', `[${name}]`]] : [` ${name} `]),
  );
  const range = all > page ? ` ${scroll + 1}-${Math.min(all, scroll + page)} of ${all}` : '';
  return [...tabs.flat(), ['dim', range]];
}

function footLine({ filtering, filter, message }: State): Line {
  if (filtering) return [['bold', '/'], filter, ['dim', '  enter keeps it, escape clears it']];
  return message === '' ? [['dim', KEYS]] : [message];
}

/** The part of the list round the selected record. */
function listLines(state: State, rows: number): readonly Line[] {
  const records = visible(state);
  if (records.length === 0)
    return [[['dim', state.records.length === 0 ? 'nothing here' : 'nothing matches']]];
  const first = Math.max(0, Math.min(state.selected - Math.floor(rows / 2), records.length - rows));
  return records
    .slice(first, first + rows)
    .map((record, index) => listLine(record, first + index === state.selected));
}

function listLine({ now }: CapsuleRecord, selected: boolean): Line {
  const name = selected ? (['bold', now.name] as const) : now.name;
  return [selected ? '> ' : '  ', GRADES[now.verdict.grade], ' ', name];
}

interface Panes {
  readonly listWidth: number;
  readonly detailWidth: number;
  readonly body: number;
}

function beside(list: readonly Line[], shown: readonly Line[], { listWidth, body }: Panes): Line[] {
  return Array.from({ length: body }, (_, index) => [
    ...toWidth(safe(list[index] ?? []), listWidth),
    ['dim', ' │ '] as const,
    ...(shown[index] ?? []),
  ]);
}

function above(list: readonly Line[], shown: readonly Line[], listRows: number, page: number): Line[] {
  const filled = (lines: readonly Line[], count: number) =>
    Array.from({ length: count }, (_, index) => lines[index] ?? []);
  return [...filled(list, listRows), ...filled(shown, page)];
}

const NOTHING: readonly Line[] = [['Nothing was admitted here before, so there is nothing to compare with.']];

function tabLines(state: State): readonly Line[] {
  const record = selectedRecord(state);
  return record ? TAB_LINES[TABS[state.tab]!](record, state) : [];
}

const TAB_LINES: Readonly<Record<Tab, (record: CapsuleRecord, state: State) => readonly Line[]>> = {
  proof: record => [...headLines(record), [], ...proofLines(record)],
  files: compared(fileLines),
  manifest: compared(manifestLines),
  signers: compared(signerLines),
  history: historyLines,
  release: (record, { details }) => releaseLines(record, details.get(record.now.folder)?.remedy),
};

function compared(lines: (difference: Difference) => readonly Line[]): (typeof TAB_LINES)[Tab] {
  return (record, { details }) => {
    if (!record.lastAdmitted) return NOTHING;
    const difference = details.get(record.now.folder)?.difference;
    return difference ? lines(difference) : [[['dim', 'comparing...']]];
  };
}
