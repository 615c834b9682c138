#!/usr/bin/env node
// CommonJS in the syntax of 2015 on purpose: an old Node.js must be able to read far enough to say that it is too old.
'use strict';

const fs = require('fs');
const path = require('path');

const args = process.argv.slice(2);

/** Reports that vnes cannot start, in one line or one JSON document. Exit status 4: something is missing here. */
function refuse(code, message, help) {
  if (args.indexOf('--json') === -1) {
    process.stderr.write(`error[${code}]: ${message}; ${help}\n`);
  } else {
    const diagnostics = [{ code: code, severity: 'error', message: message, help: help }];
    const report = {
      schemaVersion: 1,
      command: null,
      ok: false,
      exitCode: 4,
      data: null,
      diagnostics: diagnostics,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
  process.exitCode = 4;
}

/** Keeps compiled code among the user's own caches: a start costs a fifth less. Node.js ignores a folder it cannot use. */
function enableCompileCache() {
  const home = process.env.HOME && path.join(process.env.HOME, '.cache');
  const folder = process.env.XDG_CACHE_HOME || home;
  if (folder && path.isAbsolute(folder))
    require('module').enableCompileCache(path.join(folder, 'vnes', 'compiled'));
}

/** Threads of libuv's pool, on which signatures are verified. To wake one for each of many small tasks costs more than it gains. */
function limitPool() {
  if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = '2';
}

function start() {
  if (parseInt(process.versions.node, 10) < 24) {
    refuse(
      'VNES9021',
      `vnes needs Node.js 24 or later and this is ${process.versions.node}`,
      'install it from https://nodejs.org or run: npx --package=node@24 --package=vnes vnes',
    );
  } else if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    fs.writeSync(1, `${require('../package.json').version}\n`);
  } else if (fs.existsSync(path.join(__dirname, '../dist/vnes.cjs'))) {
    enableCompileCache();
    limitPool();
    require('./load.cjs').load().start();
  } else {
    refuse('VNES9022', 'vnes is not built', 'run: npm run build');
  }
}

start();
