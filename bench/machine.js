/**
 * What a native program costs in a virtual machine: starting it, up to its first answer, against QEMU alone with the same machine up to where it
 * first stops; one frame and its answer; and starting the system's Python there. It takes bubblewrap, QEMU and gcc.
 *
 *   node bench/machine.js [runs]
 *
 * Ends with status 1 when a goal is missed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { limitsOfProgram } from '../src/sandbox/native/process.ts';
import { programOf } from '../src/sandbox/native/programs.ts';
import { MAILBOX } from '../src/sandbox/vm/mailbox.ts';
import { findVmParts, obstacleToMachines } from '../src/sandbox/vm/parts.ts';
import { inMachine } from '../src/sandbox/vm/program.ts';
import { programContents } from '../src/sandbox/vm/program-contents.ts';
import { memoryFor } from '../src/sandbox/vm/program-machine.ts';
import { ARCHIVE, FIRMWARE_FOLDER, KERNEL, programArguments } from '../src/sandbox/vm/qemu.ts';
import { Stub } from '../src/sandbox/vm/stub.ts';
import { median } from './median.js';

const RUNS = Number(process.argv[2] ?? 9);
const FRAMES = 1_000;
const GOAL = 1.3;
const MEMORY = 64 * 1024 * 1024;
const INIT = { kind: 1, parts: ['{}'] };
const EVENT = { kind: 2, parts: ['in.v1', '0', '1', '1000', null, '{"n":1}'] };
const SOURCE = `#include "vnes.h"
vnes_result capsule_init(vnes_text config) { (void)config; return vnes_ok(); }
vnes_result capsule_handle(const vnes_event *event) { return vnes_publish(VNES_TEXT("out.v1"), event->payload, 0); }
vnes_result capsule_serve(vnes_text method, vnes_text payload) { (void)method; return vnes_value(payload); }
`;
const PYTHON = 'import vnes\ndef run(event):\n    vnes.publish("out.v1", event.payload)\n';

const obstacle = obstacleToMachines();
if (obstacle !== undefined) {
  process.stdout.write(`nothing was measured: ${obstacle}\n`);
  process.exit(4);
}

const work = mkdtempSync(path.join(tmpdir(), 'vnes-bench-'));
try {
  const native = await programOf({ language: 'native', bytes: compiled() });
  const [bare, whole] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(await bareBoot(native));
    whole.push(await firstAnswer(native));
  }
  const ratio = median(whole) / median(bare);
  tell(
    `start: ${ms(whole)} to the first answer, ${ms(bare)} bare, ${ratio.toFixed(2)} times, goal: at most ${GOAL}`,
  );
  if (ratio > GOAL) process.exitCode = 1;
  tell(`a frame and its answer: ${(await frames(native)).toFixed(2)} ms`);
  const entry = { module: 'impl.src.main', callable: 'run' };
  const files = new Map([['impl/src/main.py', Buffer.from(PYTHON)]]);
  const python = await programOf({ language: 'python', interpreter: 'system', entry, files });
  const starts = [];
  for (let run = 0; run < Math.ceil(RUNS / 3); run += 1) starts.push(await firstAnswer(python));
  tell(`start of the system's Python: ${ms(starts)}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function compiled() {
  const parts = path.resolve(import.meta.dirname, '../templates/parts');
  const [source, program] = [path.join(work, 'main.c'), path.join(work, 'program')];
  writeFileSync(source, SOURCE);
  const sdk = ['c-frames/frames.c', 'c-logic/json.c', 'c-logic/number.c'].map(file => path.join(parts, file));
  const headers = ['c-header', 'c-logic'].map(folder => `-I${path.join(parts, folder)}`);
  execFileSync('gcc', ['-std=gnu11', '-O2', '-static', ...headers, '-o', program, source, ...sdk]);
  return readFileSync(program);
}

/** QEMU without anything around it, from its start to the first stop of the machine. */
async function bareBoot(program) {
  const archive = Buffer.concat(programContents({ ...program, limits: limitsOfProgram(MEMORY) }));
  const parts = findVmParts();
  const places = { [KERNEL]: parts.kernel, [ARCHIVE]: path.join(work, 'archive') };
  places[FIRMWARE_FOLDER] = path.dirname(parts.firmware);
  writeFileSync(places[ARCHIVE], archive);
  const args = programArguments(memoryFor(MEMORY, archive.length), 3).map(each => places[each] ?? each);
  const started = performance.now();
  const child = spawn(parts.qemu, args, { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const stub = new Stub(child.stdio[3]);
  await stub.watch(MAILBOX.bell);
  await stub.go();
  const time = performance.now() - started;
  child.kill('SIGKILL');
  await new Promise(resolve => child.once('close', resolve));
  return time;
}

async function firstAnswer(program) {
  const started = performance.now();
  const machine = inMachine()(program, MEMORY);
  let reply = await machine.exchange(INIT);
  // Python asks for its randomness first.
  while (reply.messages?.at(-1).kind < 20) reply = await machine.exchange(grant(reply.messages.at(-1)));
  machine.end();
  if (reply.messages?.at(-1).kind !== 20) throw new Error(`it did not start: ${JSON.stringify(reply)}`);
  return performance.now() - started;
}

function grant({ parts }) {
  return { kind: 10, parts: [{ base64: Buffer.alloc(Number(parts[0]), 7).toString('base64') }] };
}

async function frames(program) {
  const machine = inMachine()(program, MEMORY);
  await machine.exchange(INIT);
  const started = performance.now();
  for (let frame = 0; frame < FRAMES; frame += 1) await machine.exchange(EVENT);
  const time = (performance.now() - started) / FRAMES;
  machine.end();
  return time;
}

function ms(times) {
  return `${median(times).toFixed(0)} ms`;
}

function tell(line) {
  process.stdout.write(`${line}\n`);
}
