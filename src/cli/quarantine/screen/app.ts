import type { CapsuleRecord } from '../../../kernel/quarantine/model.ts';
import type { Paint } from '../../command.ts';
import type { Details } from '../details.ts';
import type { Line, Span } from '../line.ts';
import { frameOf } from './frame.ts';
import {
  Box,
  createElement,
  type Key,
  Text,
  useApp,
  useEffect,
  useInput,
  useRef,
  useState,
  useWindowSize,
} from './ink.ts';
import {
  initialState,
  type KeyName,
  type Press,
  press,
  type State,
  selectedRecord,
  withDetails,
  withRecord,
} from './state.ts';

/** What the screen asks of the rest of vnes. */
export interface Deeds {
  /** What changed since the capsule was last admitted, and what would release it. */
  look(record: CapsuleRecord): Promise<Details>;
  /** Examines a capsule again, and tells what came out. */
  examine(record: CapsuleRecord): Promise<{ readonly record: CapsuleRecord; readonly message: string }>;
  /** Passes control-C on as an interrupt. */
  interrupt(): void;
  /** Resolves after a moment in which the user may have gone on. */
  pause(): Promise<void>;
}

export interface AppProps {
  readonly records: readonly CapsuleRecord[];
  readonly colour: boolean;
  readonly deeds: Deeds;
}

/** The full screen: keys in, one frame out. */
export function App({ records, colour, deeds }: AppProps) {
  const [state, latest, change] = useLatest(() => initialState(records));
  const size = useWindowSize();
  const { exit } = useApp();
  const frame = frameOf(state, size);
  useLooking(state, change, deeds);
  const examine = useExamining(latest, change, deeds);
  useInput((input, key) => {
    if (key.ctrl && input === 'c') return deeds.interrupt();
    for (const pressed of toPresses(input, key)) {
      const command = latest().filtering || !('text' in pressed) ? undefined : pressed.text;
      if (command === 'q') exit();
      else if (command === 'r') examine();
      else change(before => press(before, pressed, frame.page, frame.all));
    }
  });
  const rows = frame.lines.map((line, index) => createElement(Row, { key: index, line, colour }));
  return createElement(Box, { flexDirection: 'column', width: size.columns, height: size.rows }, rows);
}

type Change = (change: (before: State) => State) => void;

/** The state as it is drawn, as it is at this moment, and how to change it: several keys may come before it is drawn again. */
function useLatest(initial: () => State): [State, () => State, Change] {
  const [state, setState] = useState<State>(initial);
  const latest = useRef(state);
  const change = useRef<Change>(changeTo => {
    latest.current = changeTo(latest.current);
    setState(latest.current);
  });
  return [state, () => latest.current, change.current];
}

/** Works out the details of the selected capsule, once the user rests on it. */
function useLooking(state: State, change: Change, deeds: Deeds): void {
  const record = selectedRecord(state);
  const folder = record?.now.folder;
  const known = folder === undefined || state.details.has(folder);
  useEffect(() => {
    let left = false;
    const work = async () => {
      await deeds.pause();
      if (left || known || !record) return;
      const details = await deeds.look(record);
      change(before => withDetails(before, record.now.folder, details));
    };
    work();
    return () => {
      left = true;
    };
  }, [folder, known, deeds, record, change]);
}

/** Examines the selected capsule, one at a time. */
function useExamining(latest: () => State, change: Change, deeds: Deeds): () => void {
  const busy = useRef(false);
  return () => {
    const record = selectedRecord(latest());
    if (busy.current || !record) return;
    busy.current = true;
    change(before => ({ ...before, message: `examining ${record.now.folder}` }));
    deeds
      .examine(record)
      .then(outcome => change(before => withRecord(before, outcome.record, outcome.message)))
      .finally(() => {
        busy.current = false;
      });
  };
}

const NAMED: readonly (readonly [keyof Key, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageUp'],
  ['pageDown', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];

/** Keys as the state knows them: none for what means nothing here, several for a text that came at once. */
function toPresses(input: string, key: Key): readonly Press[] {
  if (key.tab) return [{ key: key.shift ? 'left' : 'right' }];
  const named = NAMED.find(([name]) => key[name]);
  if (named) return [{ key: named[1] }];
  return key.ctrl || key.meta
    ? []
    : [...input].flatMap(text => CONTROLS[text] ?? (isPrintable(text) ? { text } : []));
}

/** Keys that came in one piece with text. */
const CONTROLS: Readonly<Record<string, Press>> = {
  '\r': { key: 'enter' },
  '\n': { key: 'enter' },
  '\t': { key: 'right' },
  '\b': { key: 'backspace' },
  '\u007f': { key: 'backspace' },
};

function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}

const STYLES: Readonly<Record<keyof Paint, Readonly<Record<string, unknown>>>> = {
  good: { color: 'green' },
  bad: { color: 'red' },
  warn: { color: 'yellow' },
  dim: { dimColor: true },
  bold: { bold: true },
  accent: { color: 'cyan' },
};

function Row({ line, colour }: { readonly line: Line; readonly colour: boolean }) {
  const spans = line.map((span, index) =>
    createElement(Text, { key: index, ...styleOf(span, colour) }, textOf(span)),
  );
  return createElement(Text, { wrap: 'truncate' }, spans);
}

function styleOf(span: Span, colour: boolean) {
  return colour && typeof span !== 'string' ? STYLES[span[0]] : {};
}

function textOf(span: Span): string {
  return typeof span === 'string' ? span : span[1];
}
