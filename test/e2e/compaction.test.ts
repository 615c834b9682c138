import { cpSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { orders, prepare, vnes, type Workshop } from './workshop.ts';

let shop: Workshop;

/** Input events with ids: all at one time, so that nothing but the id tells one that was taken. */
const input = (count: number) =>
  Array.from({ length: count }, (_, id) =>
    JSON.stringify({ topic: 'probe.order.v1', time: 5, id: `e${id}`, payload: { do: 'count' } }),
  ).join('\n');
const TAKING = ['run', 'capsules', '--input', 'eight.ndjson', '--frame-events', '1', '--snapshot-every', '2'];

beforeAll(async () => {
  shop = await prepare();
  shop.write('eight.ndjson', input(8));
  shop.write('ten.ndjson', input(10));
  expect((await vnes(shop, [...TAKING, '--record', 'long'])).status).toBe(0);
  cpSync(shop.at('long'), shop.at('short'), { recursive: true });
  for (const dir of ['long', 'short']) await vnes(shop, ['branch', 'create', 'b', dir, '--at', 'frame:6']);
  expect((await vnes(shop, ['compact', 'short', '--keep', 'frame:5'])).status).toBe(0);
}, 120_000);

const data = async (words: readonly string[]) => JSON.parse((await vnes(shop, [...words, '--json'])).stdout);

describe('a recording whose history was dropped', () => {
  test('still knows the ids of the events that are gone, also when more is dropped', async () => {
    await vnes(shop, ['compact', 'short', '--keep', 'frame:6']);
    for (const dir of ['long', 'short'])
      expect(
        (await vnes(shop, ['run', 'capsules', '--from', `${dir}@b`, '--input', 'ten.ndjson'])).status,
      ).toBe(0);
    const [long, short] = [await data(['replay', 'long@b']), await data(['replay', 'short@b'])];
    expect(short.data.logRoot).toBe(long.data.logRoot);
    expect(short.data.deliveries.ok).toBe(10);
    expect((await vnes(shop, ['fsck', 'short@b'])).status).toBe(0);
  }, 60_000);

  test('has ids that nobody can change unseen', async () => {
    cpSync(shop.at('short'), shop.at('changed'), { recursive: true });
    const base = shop.read('changed/base.vns');
    shop.write('changed/base.vns', base.replace('"e3"', '"x3"'));
    expect((await vnes(shop, ['fsck', 'changed'])).stderr).toContain('VNES8041');
    shop.write('changed/base.vns', base.replace('"e3"\n', ''));
    expect((await vnes(shop, ['fsck', 'changed'])).stderr).toContain('VNES8041');
  }, 60_000);

  test('is followed from where it begins, by the name of a branch too', async () => {
    const tail = await vnes(shop, ['bus', 'tail', 'short', '--limit', '1']);
    expect(tail.stderr).toContain('VNES7014');
    expect(JSON.parse(tail.stdout)).toMatchObject({ topic: 'probe.order.v1' });
    expect((await vnes(shop, ['bus', 'tail', 'short@b', '--limit', '1'])).status).toBe(0);
  }, 60_000);

  test('is told to lack something by every answer that leaves it out', async () => {
    const [long, short] = [await data(['bus', 'log', 'long']), await data(['bus', 'log', 'short'])];
    expect(short.data.events.length).toBeLessThan(long.data.events.length);
    const diff = await data(['branch', 'diff', 'long', 'short']);
    expect(diff.data).toMatchObject({ events: [], keys: [], b: { frames: 9, events: 16 } });
    expect(diff.diagnostics[0].code).toBe('VNES7014');
    for (const form of ['--ndjson', '--sqlite'])
      expect((await vnes(shop, ['export', 'short', `events${form}`, form])).stderr).toContain('VNES7014');
  }, 60_000);

  test('is refused where all of it is needed: by an audit, and by a replay that has nothing left to execute', async () => {
    for (const dir of ['short', 'short@b'])
      expect(
        (await vnes(shop, ['audit', 'determinism', 'capsules/probe', '--recording', dir])).stderr,
      ).toContain('VNES7014');
    cpSync(shop.at('short'), shop.at('nothing'), { recursive: true });
    rmSync(shop.at('nothing/branches'), { recursive: true });
    await vnes(shop, ['compact', 'nothing', '--keep', 'end']);
    expect((await vnes(shop, ['fsck', 'nothing'])).status).toBe(0);
    expect((await vnes(shop, ['replay', 'nothing'])).stderr).toContain('VNES8103');
  }, 60_000);

  test('can be gone on from by a run that is cut off, and resumed', async () => {
    const rest = ['--input', 'rest.ndjson'];
    const later = (id: number) => ({
      topic: 'probe.order.v1',
      time: 9,
      payload: { do: 'count' },
      id: `r${id}`,
    });
    shop.write('rest.ndjson', Array.from({ length: 5 }, (_, id) => JSON.stringify(later(id))).join('\n'));
    for (const name of ['cut', 'whole']) {
      await vnes(shop, ['branch', 'create', name, 'short', '--at', 'end']);
      expect((await vnes(shop, ['run', 'capsules', '--from', `short@${name}`, ...rest])).status).toBe(0);
    }
    const cut = (name: string) => shop.at('short/branches/cut', name);
    for (const name of ['outputs.ndjson', 'report.json']) rmSync(cut(name));
    for (const name of readdirSync(cut('journal')))
      if (name !== '00000001.vnj') rmSync(cut(`journal/${name}`));
    const first = cut('journal/00000001.vnj');
    truncateSync(first, shop.bytes('short/branches/cut/journal/00000001.vnj').length - 30);
    const resumed = await vnes(shop, ['run', 'capsules', '--resume', 'short@cut', ...rest]);
    expect(resumed.stderr).not.toContain('VNES');
    const [one, two] = [await data(['replay', 'short@cut@resumed']), await data(['replay', 'short@whole'])];
    expect(one.data.stateRoot).toBe(two.data.stateRoot);
    expect(one.data.logRoot).toBe(two.data.logRoot);
  }, 60_000);
});

test('a replay that begins at the end proves nothing, and says how much it executed otherwise', async () => {
  expect((await vnes(shop, ['replay', 'long', '--from', 'end'])).stderr).toContain('VNES8103');
  const half = await vnes(shop, ['replay', 'long', '--from', 'frame:3']);
  expect(half.stdout).toContain('8 deliveries, 4 of them executed');
  await vnes(shop, ['branch', 'create', 'start', 'long', '--at', 'start']);
  expect((await vnes(shop, ['branch', 'create', 'first', 'long', '--at', 'start'])).stdout).not.toContain(
    '-1',
  );
}, 60_000);

test('what invariants came to is kept, and one that looks at the whole run keeps all of it', async () => {
  const stated = (expression: string, at = 'frame') =>
    JSON.stringify({ version: 1, invariants: [{ name: 'few', expression, at }] });
  shop.write('few.json', stated("topics['probe.order.v1'] < 3.0"));
  shop.write('whole.json', stated('size(events) == 16', 'end'));
  for (const name of ['few', 'whole'])
    await vnes(shop, [...TAKING, '--record', name, '--invariants', `${name}.json`]);
  expect((await vnes(shop, ['compact', 'few', '--keep', 'frame:5'])).status).toBe(0);
  const broken = await vnes(shop, ['replay', 'few']);
  expect(broken.status).toBe(1);
  expect(broken.stderr).toContain('broken in frame 2, after event 5');
  const refused = await vnes(shop, ['compact', 'whole', '--keep', 'frame:5']);
  expect(refused.stderr).toContain('from where the invariant whole needs it'.replace('whole', 'few'));
  const asked = await vnes(shop, ['replay', 'short', '--invariants', 'whole.json']);
  expect(asked.stderr).toContain('VNES8202');
}, 60_000);

test('nothing is made from history while another process drops it', async () => {
  cpSync(shop.at('long'), shop.at('busy'), { recursive: true });
  rmSync(shop.at('busy/branches'), { recursive: true });
  shop.write(`busy/compacting.${process.pid}`, '');
  const attempts = [
    ['branch', 'create', 'x', 'busy', '--at', 'frame:6'],
    ['snapshot', 'create', 'x', 'busy', '--at', 'frame:6'],
    ['compact', 'busy', '--keep', 'frame:5'],
  ];
  for (const words of attempts) expect((await vnes(shop, words)).stderr, words[0]).toContain('VNES8052');
  expect(
    (await data(['branch', 'list', 'busy'])).data.branches.map((each: { name: string }) => each.name),
  ).not.toContain('x');
  expect((await data(['snapshot', 'list', 'busy'])).data.named).toEqual([]);
  rmSync(shop.at(`busy/compacting.${process.pid}`));
  shop.write('busy/compacting.999999999', '');
  for (const words of attempts) expect((await vnes(shop, words)).status, words[0]).toBe(0);
}, 60_000);

test('what instances forgot at snapshots, they forget again when it is asked whether they would do the same', async () => {
  shop.write('memory.ndjson', orders('memory', 'memory', 'memory', 'memory'));
  const taking = ['--frame-events', '1', '--snapshot-every', '2', '--record', 'forgetful'];
  await vnes(shop, ['run', 'capsules', '--input', 'memory.ndjson', ...taking]);
  const same = await data(['replay', 'forgetful', '--with', 'capsules/probe']);
  expect(same.data.difference).toEqual({ added: [], removed: [], changed: [], outcomes: [], keys: [] });
  const audit = ['audit', 'determinism', 'capsules/probe', '--recording', 'forgetful', '--only', 'repeat'];
  expect((await data(audit)).data.verdict).toBe('granted');
}, 60_000);

test('a run whose every delivery was lost has nothing to execute, and replays to its invariants all the same', async () => {
  shop.write('one.ndjson', orders('count'));
  const kept = { name: 'heard', at: 'end', expression: 'size(deliveries) > 0' };
  shop.write('heard.json', JSON.stringify({ version: 1, invariants: [kept] }));
  const given = ['--input', 'one.ndjson', '--invariants', 'heard.json', '--kind', 'loss', '--record', 'lost'];
  expect((await vnes(shop, ['lab', 'seeds', '40', 'capsules', ...given])).status).toBe(1);
  const lost = await vnes(shop, ['replay', 'lost']);
  expect([lost.status, lost.stderr]).toEqual([1, expect.stringContaining('VNES8201')]);
  expect(lost.stdout).toContain('0 deliveries');
}, 60_000);

test('the index of a branch is built anew when history of its parent was dropped', async () => {
  cpSync(shop.at('long'), shop.at('parent'), { recursive: true });
  await vnes(shop, ['branch', 'create', 'late', 'parent', '--at', 'frame:6']);
  await vnes(shop, ['run', 'capsules', '--from', 'parent@late']);
  rmSync(shop.at('parent/branches/start'), { recursive: true, force: true });
  rmSync(shop.at('parent/branches/first'), { recursive: true, force: true });
  expect((await data(['bus', 'log', 'parent@late'])).data.events.length).toBeGreaterThan(12);
  expect((await vnes(shop, ['compact', 'parent', '--keep', 'frame:5'])).status).toBe(0);
  expect((await vnes(shop, ['bus', 'log', 'parent@late'])).stderr).toContain('VNES7014');
  const gone = await vnes(shop, ['branch', 'create', 'gone', 'parent@late', '--at', 'frame:1']);
  expect(gone.stderr).toContain('VNES7014');
  expect((await vnes(shop, ['fsck', 'parent@late'])).status).toBe(0);
}, 60_000);
