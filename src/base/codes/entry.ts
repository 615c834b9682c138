import type { ExitName } from '../exit.ts';

/** One row of a code table: a short title and the exit status that the code leads to when it is an error. */
export interface CodeEntry {
  readonly title: string;
  readonly exit: ExitName;
}
