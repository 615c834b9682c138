import { beforeAll, expect, test } from 'vitest';
import { LACKS_MACHINE } from '../machine.ts';
import { copyOf, orders, prepare, vnes, type Workshop } from './workshop.ts';

/** A machine starts in some seconds of an idle processor, of which there may be none. */
const PATIENCE = 400_000;

let prepared: Workshop;
beforeAll(async () => {
  if (!LACKS_MACHINE) prepared = await prepare();
}, 120_000);

/** One delivery is a trap, which is a result like any other. */
const TRAPPED = 20;

interface Roots {
  readonly logRoot: string;
  readonly stateRoot: string;
}

async function run(shop: Workshop, capsules: string, zone: string, ending = 0): Promise<Roots> {
  const args = ['run', capsules, '--input', 'input', '--record', zone, '--trust-zone', zone, '--json'];
  const { status, stdout, stderr } = await vnes(shop, args);
  expect(status, stderr).toBe(ending);
  const { logRoot, stateRoot } = JSON.parse(stdout).data;
  return { logRoot, stateRoot };
}

test.skipIf(LACKS_MACHINE)(
  'a capsule of the zone ephemeral does in a virtual machine what it does elsewhere',
  async () => {
    const shop = copyOf(prepared);
    shop.write('input', orders('count', 'memory', 'random', 'trap', 'memory', 'count'));
    const elsewhere = await run(shop, 'capsules', 'tenant', TRAPPED);
    expect(await run(shop, 'capsules', 'ephemeral', TRAPPED)).toEqual(elsewhere);
    const { status, stdout } = await vnes(shop, ['replay', 'ephemeral']);
    expect(status, stdout).toBe(0);
  },
  PATIENCE,
);

test.skipIf(LACKS_MACHINE)(
  'so does one in Python',
  async () => {
    const shop = copyOf(prepared);
    for (const words of [
      ['scaffold', 'python', 'user.me.python', '--dir', 'python'],
      ['build', 'python'],
      ['sign', 'python'],
    ])
      expect((await vnes(shop, words)).status).toBe(0);
    shop.write('input', shop.read('python/examples/events.ndjson'));
    expect(await run(shop, 'python', 'ephemeral')).toEqual(await run(shop, 'python', 'tenant'));
  },
  PATIENCE,
);
