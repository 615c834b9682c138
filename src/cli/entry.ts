import { main } from './main.ts';

// All output is written by now, so that nothing is cut short by leaving at once instead of taking everything down piece by piece.
main(process.argv.slice(2)).then(status => process.exit(status));
