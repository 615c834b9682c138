/**
 * What native capsules and the system's Python cost in their processes: a call against a bare round trip through a pipe to the same program,
 * and a start against a start of the bare program. Ratios of medians within one run. It takes bubblewrap and gcc.
 *
 *   node bench/native.js [calls]
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildCapsule } from '../src/authoring/build/build.ts';
import { scaffold } from '../src/authoring/scaffold/scaffold.ts';
import { bubblewrapHere } from '../src/sandbox/confine/trial.ts';
import { encodeNative, FrameReader } from '../src/sandbox/native/frames.ts';
import { NativeProcess } from '../src/sandbox/native/process.ts';
import { programOf } from '../src/sandbox/native/programs.ts';
import { rungFor } from '../src/sandbox/rungs.ts';

const CALLS = Number(process.argv[2] ?? 2_000);
const BATCH = 256;
const STARTS = 15;
const ECHO = `#include "vnes.h"
vnes_result capsule_init(vnes_text config) { (void)config; return vnes_ok(); }
vnes_result capsule_handle(const vnes_event *event) { return vnes_publish(VNES_TEXT("out.v1"), event->payload, 0); }
vnes_result capsule_serve(vnes_text method, vnes_text payload) { (void)method; return vnes_value(payload); }
`;
const ECHO_PYTHON = 'import vnes\ndef run(event):\n    vnes.publish("out.v1", event.payload)\n';
const LIMITS = { timeoutMs: 60_000, memoryBytes: 128 * 1024 * 1024, fuel: 1e12 };
const EVENT = ['in.v1', '0', '1', '1000', null, JSON.stringify({ text: 'x'.repeat(40) })];

const work = mkdtempSync(path.join(tmpdir(), 'vnes-bench-'));
try {
  const program = await echo();
  const native = { language: 'native', bytes: readFileSync(program) };
  const sources = new Map([['impl/src/main.py', Buffer.from(ECHO_PYTHON)]]);
  const entry = { module: 'impl.src.main', callable: 'run' };
  const python = { language: 'python', interpreter: 'system', entry, files: sources };
  const bare = await bareCalls(program);
  report('bare pipe', bare, bare);
  for (const [name, code] of Object.entries({ native, python })) {
    const instance = await start(code);
    report(`${name}, one at a time`, await calls(instance, 1), bare);
    report(`${name}, ${BATCH} at a time`, await calls(instance, BATCH), bare);
    await instance.stop();
  }
  const bareStart = median(STARTS, () =>
    spawnSync(program, { stdio: ['ignore', 'ignore', 'ignore', 'ignore'] }),
  );
  const barePython = median(STARTS, () => spawnSync('/usr/bin/python3', ['-c', 'import json, random']));
  reportStart('bare program', bareStart, bareStart);
  reportStart('native', await starts(native), bareStart);
  reportStart('bare python3', barePython, barePython);
  reportStart('python', await starts(python), barePython);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function echo() {
  const templates = path.resolve(import.meta.dirname, '../templates');
  scaffold({ template: 'native-c', id: 'user.ada.echo', dir: 'echo', cwd: work, templates });
  writeFileSync(path.join(work, 'echo/impl/src/main.c'), ECHO);
  await buildCapsule(path.join(work, 'echo'), 'echo');
  const program = path.join(work, 'echo/impl/capsule');
  spawnSync('chmod', ['+x', program]);
  return program;
}

async function start(code) {
  const component = {
    capsule: 'user.ada.echo',
    version: '1.0.0',
    code,
    config: '{}',
    access: { owns: [], reads: [] },
    publishes: ['out.v1'],
    services: {},
  };
  const state = { get: () => undefined, scan: () => [] };
  const instance = await rungFor('tenant').start({ component, seed: '1', limits: LIMITS, state });
  const outcome = await instance.init();
  if (outcome.kind !== 'ok') throw new Error(outcome.message);
  return instance;
}

/** Microseconds of one call each, in the median. */
async function calls(instance, size) {
  const [topic, , , , key, payload] = EVENT;
  const event = {
    seq: 0,
    topic,
    partition: 0,
    offset: 1,
    time: 1000,
    key,
    payload: JSON.parse(payload),
    source: 'ingress',
    cause: null,
  };
  const batch = Array.from({ length: size }, () => ({ subscriber: 'user.ada.echo', event }));
  const times = [];
  for (let round = 0; round < CALLS / size; round += 1) {
    const before = performance.now();
    const outcomes = await instance.handle(batch);
    times.push(((performance.now() - before) * 1000) / size);
    if (outcomes.some(({ kind }) => kind !== 'ok')) throw new Error('an event was not handled');
  }
  return middle(times);
}

/** The same program without anything around it: a frame there, a frame back. */
async function bareCalls(program) {
  const child = spawn(program, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const pipe = child.stdio[3];
  const reader = new FrameReader();
  let heard;
  let number = 0;
  pipe.on('data', chunk => reader.push(chunk, number) && heard());
  const exchange = message =>
    new Promise(resolve => {
      heard = resolve;
      number += 1;
      pipe.write(encodeNative(number, message));
    });
  await exchange({ kind: 1, parts: ['{}'] });
  const times = [];
  for (let round = 0; round < CALLS; round += 1) {
    const before = performance.now();
    await exchange({ kind: 2, parts: EVENT });
    times.push((performance.now() - before) * 1000);
  }
  child.kill();
  return middle(times);
}

/** Milliseconds from spawning to the first answer, beside which the sandbox's own thread starts. */
async function starts(code) {
  const program = await programOf(code);
  const times = [];
  for (let round = 0; round < STARTS; round += 1) {
    const before = performance.now();
    const process = new NativeProcess(program, LIMITS.memoryBytes, bubblewrapHere());
    const reply = await process.exchange({ kind: 1, parts: ['{}'] });
    times.push(performance.now() - before);
    if (!('messages' in reply)) throw new Error(reply.ended ?? reply.died);
    process.end();
  }
  return middle(times);
}

function median(rounds, run) {
  const times = Array.from({ length: rounds }, () => {
    const before = performance.now();
    run();
    return performance.now() - before;
  });
  return middle(times);
}

function middle(times) {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

function report(name, microseconds, bare) {
  process.stdout.write(
    `${name.padEnd(24)} ${microseconds.toFixed(0).padStart(6)} µs a call, ratio ${(microseconds / bare).toFixed(2)}\n`,
  );
}

function reportStart(name, milliseconds, bare) {
  process.stdout.write(
    `${name.padEnd(24)} ${milliseconds.toFixed(1).padStart(6)} ms to start, ratio ${(milliseconds / bare).toFixed(2)}\n`,
  );
}
