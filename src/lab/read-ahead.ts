import { type JournalEntry, readJournal } from '../store/read.ts';

/** An entry of a recording, and a way to fetch the one after it before it is wanted. */
export interface EntryAhead {
  readonly entry: JournalEntry;
  fetchNext(): void;
}

/** The entries of a recording, of which the next may be read while something else works. What is wrong with it is told in its turn. */
export function* readAhead(dir: string): Generator<EntryAhead, void> {
  const journal: Generator<JournalEntry, unknown> = readJournal(dir);
  let fetched: (() => IteratorResult<JournalEntry, unknown>) | undefined;
  const fetchNext = () => {
    fetched ??= attempt(() => journal.next());
  };
  try {
    for (;;) {
      fetchNext();
      const take = fetched!;
      fetched = undefined;
      const { done, value } = take();
      if (done) return;
      yield { entry: value as JournalEntry, fetchNext };
    }
  } finally {
    journal.return(undefined);
  }
}

/** Does it now, and gives the result or the error later. */
function attempt<T>(action: () => T): () => T {
  try {
    const result = action();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
