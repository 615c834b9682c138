import { start } from './program.ts';

// For a clone that is not built; the build begins with bin/vnes.js.
start();
