import { main } from './main.ts';

export { work } from './thread.ts';

/** Runs the command line of this process. */
export function start(): void {
  // All output is written by then, so that nothing is cut short by leaving at once instead of taking everything down piece by piece.
  main(process.argv.slice(2)).then(status => process.exit(status));
}
