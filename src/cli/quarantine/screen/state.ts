import type { CapsuleRecord } from '../../../kernel/quarantine/model.ts';
import type { Details } from '../details.ts';

export const TABS = ['proof', 'files', 'manifest', 'signers', 'history', 'release'] as const;
export type Tab = (typeof TABS)[number];

/** All that the full screen shows. */
export interface State {
  readonly records: readonly CapsuleRecord[];
  /** Index among the records that the filter lets through. */
  readonly selected: number;
  readonly tab: number;
  /** Lines of the tab above the screen. */
  readonly scroll: number;
  readonly filter: string;
  /** Whether keys go into the filter. */
  readonly filtering: boolean;
  /** What happened last. */
  readonly message: string;
  /** By folder, as far as they were worked out. */
  readonly details: ReadonlyMap<string, Details>;
}

/** A key by its name, or the text that was typed. */
export type Press =
  | { readonly key: KeyName }
  /** Printable text. */
  | { readonly text: string };
export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace';

export function initialState(records: readonly CapsuleRecord[]): State {
  return {
    records,
    selected: 0,
    tab: 0,
    scroll: 0,
    filter: '',
    filtering: false,
    message: '',
    details: new Map(),
  };
}

/** The records that the filter lets through: those that hold its text in their name, folder or grade. */
export function visible({ records, filter }: State): readonly CapsuleRecord[] {
  const wanted = filter.toLowerCase();
  return records.filter(({ now }) =>
    [now.name, now.folder, now.verdict.grade].some(text => text.toLowerCase().includes(wanted)),
  );
}

export function selectedRecord(state: State): CapsuleRecord | undefined {
  return visible(state)[state.selected];
}

/** What a key makes of the state; `page` is the number of lines that the tab shows at once, `lines` how many it has. */
export function press(state: State, pressed: Press, page: number, lines: number): State {
  const quiet = { ...state, message: '' };
  if ('text' in pressed)
    return state.filtering ? refilter(quiet, state.filter + pressed.text) : typed(quiet, pressed.text);
  if (state.filtering) return editFilter(quiet, pressed.key);
  return (KEYS[pressed.key] ?? (same => same))(quiet, Math.max(1, page), lines);
}

type Move = (state: State, page: number, lines: number) => State;

const KEYS: Readonly<Partial<Record<KeyName, Move>>> = {
  up: state => select(state, state.selected - 1),
  down: state => select(state, state.selected + 1),
  left: state => turn(state, -1),
  right: state => turn(state, 1),
  pageUp: (state, page, lines) => scrollTo(state, state.scroll - page, page, lines),
  pageDown: (state, page, lines) => scrollTo(state, state.scroll + page, page, lines),
  home: state => select(state, 0),
  end: state => select(state, state.records.length),
  escape: state => refilter(state, ''),
};

const TYPED: Readonly<Record<string, (state: State) => State>> = {
  '/': state => ({ ...state, filtering: true }),
  k: state => select(state, state.selected - 1),
  j: state => select(state, state.selected + 1),
  h: state => turn(state, -1),
  l: state => turn(state, 1),
};

function typed(state: State, text: string): State {
  return Object.hasOwn(TYPED, text) ? TYPED[text]!(state) : state;
}

function editFilter(state: State, key: KeyName): State {
  if (key === 'enter') return { ...state, filtering: false };
  if (key === 'escape') return { ...refilter(state, ''), filtering: false };
  return key === 'backspace' ? refilter(state, [...state.filter].slice(0, -1).join('')) : state;
}

function refilter(state: State, filter: string): State {
  return select({ ...state, filter }, 0);
}

function select(state: State, index: number): State {
  const selected = Math.max(0, Math.min(index, visible(state).length - 1));
  return { ...state, selected, scroll: 0 };
}

function turn(state: State, by: number): State {
  return { ...state, tab: (state.tab + by + TABS.length) % TABS.length, scroll: 0 };
}

function scrollTo(state: State, to: number, page: number, lines: number): State {
  return { ...state, scroll: Math.max(0, Math.min(to, lines - page)) };
}

/** The state once a capsule was examined again. It stays selected. */
export function withRecord(state: State, record: CapsuleRecord, message: string): State {
  const { folder } = record.now;
  const records = state.records.map(each => (each.now.folder === folder ? record : each));
  const details = new Map(state.details);
  details.delete(folder);
  return { ...select({ ...state, records, details }, state.selected), message };
}

export function withDetails(state: State, folder: string, details: Details): State {
  return { ...state, details: new Map([...state.details, [folder, details]]) };
}
