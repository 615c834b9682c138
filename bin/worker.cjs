'use strict';

// A thread that verifies along with the main one (src/cli/threads.ts).
const { parentPort } = require('node:worker_threads');

require('./load.cjs').load().work(parentPort);
