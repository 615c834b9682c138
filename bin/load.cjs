'use strict';

const { hash } = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const vm = require('node:vm');

const DIST = path.join(__dirname, '../dist');
const PROGRAM = path.join(DIST, 'vnes.cjs');

/** The program as this very Node.js compiled it (scripts/build.js): the digest of its source, then V8's code. */
const { platform, arch, versions } = process;
const COMPILED = path.join(DIST, `vnes-${versions.node}-${platform}-${arch}.code`);
const DIGEST_LENGTH = 64;

/**
 * Loads the program. Node.js's own cache does not hold the functions in a file, and compiling those is a third of what a
 * start costs. V8 refuses the code of any other build of itself; then, or where there is none, the file is loaded as usual.
 */
function load() {
  const script = compiledScript();
  if (!script) return require(PROGRAM);
  const module = { exports: {}, import: importFrom };
  script.runInThisContext()(module.exports, createRequire(PROGRAM), module, PROGRAM, DIST);
  return module.exports;
}

function compiledScript() {
  if (!fs.existsSync(COMPILED)) return undefined;
  const [compiled, source] = [fs.readFileSync(COMPILED), fs.readFileSync(PROGRAM)];
  // V8 itself compares no more than the length.
  if (digestOf(source) !== compiled.toString('latin1', 0, DIGEST_LENGTH)) return undefined;
  const script = toScript(source, compiled.subarray(DIGEST_LENGTH));
  return script.cachedDataRejected ? undefined : script;
}

/** A module as Node.js makes one of a file, with compiled code if there is some. */
function toScript(source, cachedData) {
  return new vm.Script(`(function (exports, require, module, __filename, __dirname) { ${source}\n})`, {
    filename: PROGRAM,
    cachedData,
  });
}

/** `import()` for the program, which as a script has none of its own. */
function importFrom(name) {
  return import(name.startsWith('.') ? pathToFileURL(path.join(DIST, name)).href : name);
}

function digestOf(source) {
  return hash('sha256', source, 'hex');
}

module.exports = { COMPILED, PROGRAM, digestOf, load, toScript };
