import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Zone } from '../../src/capsule/zone.ts';
import type { ComponentSpec, Instance } from '../../src/sandbox/contract.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { LACKS_MACHINE } from '../machine.ts';
import { options, said, scripts, stateOf } from '../sandbox/probe.ts';
import { ABSENT, compileC, nativeSpec } from './native.ts';

const LACKS = ABSENT || (LACKS_MACHINE ? 'skipped: no virtual machine' : '');
/** A machine starts in some seconds of an idle processor, of which there may be none. */
const PATIENCE = 200_000;
const MEMORY = 64 * 1024 * 1024;

let nosy: Uint8Array;
let attacks: Uint8Array;
const running: Instance[] = [];
beforeAll(() => {
  if (LACKS) return;
  nosy = compileC(join(import.meta.dirname, 'nosy.c'), false);
  attacks = compileC(join(import.meta.dirname, 'attacks.c'));
}, 60_000);
afterEach(async () => {
  for (const instance of running.splice(0)) await instance.stop();
});

async function start(component: ComponentSpec, zone: Zone): Promise<Instance> {
  const limits = { timeoutMs: 20_000, memoryBytes: MEMORY, fuel: 1e9 };
  const instance = await rungFor(zone).start(options(component, { limits, state: stateOf({ 'own/a': 1 }) }));
  running.push(instance);
  expect(await instance.init()).toMatchObject({ kind: 'ok' });
  return instance;
}

/** Longer than what a machine is given at a time. */
const LONG = 'long'.repeat(10_000);

/** What the program is told at each of three deliveries, with so many milliseconds between them. */
async function told(pause: number): Promise<readonly unknown[]> {
  const instance = await start(nativeSpec(nosy), 'ephemeral');
  const answers: unknown[] = [];
  for (const word of ['one', LONG, 'three']) {
    await setTimeout(pause);
    const [outcome] = await instance.handle(scripts(word));
    answers.push(outcome);
  }
  return answers;
}

test.skipIf(LACKS)(
  `in a machine the processor's counter, addresses and what the kernel draws are the same each time ${LACKS}`,
  async () => {
    const [first, second] = await Promise.all([told(0), told(150)]);
    expect(second).toEqual(first);
    const [one, two] = first.map(answer => JSON.stringify(answer));
    expect(one).toContain('"wall":"-1 0.0"');
    expect(one).toContain('"random":-38');
    expect(two).not.toBe(one);
  },
  PATIENCE,
);

/** What a program tries that ends it neither in a process nor in a machine, and one thing that does. */
const TRIED = [
  ...['clock call', 'getrandom', 'passwd', 'writes', 'own file', 'proc', 'environment'],
  ...['shouts', 'prints', 'refuses', 'undeclared', 'foreign', 'memory', 'count', 'socket'],
];

test.skipIf(LACKS)(
  `a program is denied in a machine what it is denied in a process ${LACKS}`,
  async () => {
    const outcomes = async (zone: Zone) => {
      const instance = await start(nativeSpec(attacks), zone);
      const all: unknown[] = [];
      for (const name of TRIED) all.push([name, said((await instance.handle(scripts(name)))[0])]);
      return all;
    };
    expect(await outcomes('ephemeral')).toEqual(await outcomes('tenant'));
  },
  PATIENCE,
);
