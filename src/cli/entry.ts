import { main } from './main.ts';

// The exit status is set, not forced: what is still open gets closed. All output is written by now.
main(process.argv.slice(2)).then(status => {
  process.exitCode = status;
});
