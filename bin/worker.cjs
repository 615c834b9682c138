'use strict';

// A thread that reads capsules along with the main one (src/cli/readers.ts).
const { parentPort } = require('node:worker_threads');

require('./load.cjs').load().work(parentPort);
