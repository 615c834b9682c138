import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { boot } from '../../src/kernel/boot.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { branchFolder, createBranch } from '../../src/lab/branches.ts';
import { headerOf } from '../../src/lab/open.ts';
import { replay } from '../../src/lab/replay.ts';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { goOnWith, probeManifest, room, runOrders, type Workshop, workshop } from './network.ts';

const ABLE = BUBBLEWRAP && existsSync('/usr/bin/python3');

/** Tells how long the file is that its order names, if reading it is all that can be done. */
const MAIN = `
import os
import vnes

def run(event):
    path = event.payload["path"]
    with open(path) as file:
        text = file.read()
    for attempt in (lambda: open(path, "w"), lambda: open(path, "a"), lambda: os.remove(path), lambda: open("/etc/passwd")):
        try:
            attempt()
            raise RuntimeError("not denied")
        except OSError:
            pass
    vnes.publish("probe.out.v1", {"n": len(text)})
`;

let shop: Workshop;
let data: string;
beforeAll(async () => {
  shop = await workshop();
  data = room();
  writeFileSync(join(data, 'words'), 'alpha beta');
}, 60_000);

function reader(id: string, files: readonly string[], change: Partial<Manifest> = {}): string {
  const { interfaces } = probeManifest(id);
  return shop.add(
    id,
    {
      interfaces: { python: 'impl.src.main:run', bus: interfaces!.bus! },
      runtime: { interpreter: 'system' },
      capabilities: { provides: [], determinism_tier: 'D1' },
      security: { trust_zone: 'tenant', resources: { files } },
      ...change,
    },
    { 'impl/src/main.py': MAIN },
  );
}

const ask = (path: string) => ({ do: 'read', path: `/granted${path}` });

function booting(folder: string, allowedFiles: readonly string[], zone: 'system' | 'session' = 'system') {
  return boot({ folders: [folder], cwd: shop.dir, trust: shop.trust, zone, allowedFiles });
}

describe.skipIf(!ABLE)('a file that is asked for and allowed', () => {
  test('is there, read-only and as it was at the start, and nothing else is; a replay has it from the recording', async () => {
    const file = join(data, 'words');
    const folder = reader('test.reader', [file]);
    const { outputs, recording, tally } = await runOrders(shop, [folder], [ask(file), ask(file)], {
      allowedFiles: [data],
    });
    expect(tally.of('test.reader').firstFailure).toBeUndefined();
    expect(tally.deliveries).toMatchObject({ ok: 2 });
    expect(outputs.map(({ payload }) => payload)).toEqual([{ n: 10 }, { n: 10 }]);
    const [capsule] = headerOf(recording).header.capsules;
    expect(Object.keys(capsule!.files)).toContain(`host:${file}`);
    writeFileSync(file, 'gamma');
    const outcome = await replay({ dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
    expect(outcome.divergence).toBeUndefined();
    writeFileSync(file, 'alpha beta');
  });

  test('makes another network of a run that goes on after it has changed', async () => {
    const file = join(data, 'changing');
    writeFileSync(file, 'one');
    const folder = reader('test.going_on', [file]);
    const first = await runOrders(shop, [folder], [ask(file)], { allowedFiles: [file] });
    await createBranch(first.recording, 'same', 'end');
    await createBranch(first.recording, 'other', 'end');
    const orders = [ask(file), ask(file)];
    const same = await goOnWith(shop, [folder], branchFolder(first.recording, 'same'), orders, {
      allowedFiles: [file],
    });
    expect(same.origin.parent.instances).toBe('kept');
    writeFileSync(file, 'three');
    const other = await goOnWith(shop, [folder], branchFolder(first.recording, 'other'), orders, {
      allowedFiles: [file],
    });
    expect(other.origin.parent.instances).toBe('anew');
    expect(other.outputs.map(({ payload }) => payload)).toEqual([{ n: 5 }]);
  });
});

/** Counts its deliveries in a file. */
const SCRATCHING = `
import os
import vnes

def run(event):
    with open("/scratch/seen", "a") as file:
        file.write("x")
    os.rename("/scratch/seen", "/scratch/again")
    os.rename("/scratch/again", "/scratch/seen")
    vnes.publish("probe.out.v1", {"n": os.stat("/scratch/seen").st_size + len(os.listdir("/scratch")) - 1})
`;

test.skipIf(!ABLE)('scratch space is there in the zone session too, and replays', async () => {
  const { interfaces } = probeManifest('test.scratch');
  const change = {
    interfaces: { python: 'impl.src.main:run', bus: interfaces!.bus! },
    runtime: { interpreter: 'system' },
    capabilities: { provides: [], determinism_tier: 'D1' },
    security: { trust_zone: 'tenant', resources: { scratch_mb: 2 } },
  } as const;
  const folder = shop.add('test.scratch', change, { 'impl/src/main.py': SCRATCHING });
  const { outputs, recording } = await runOrders(shop, [folder], [ask('/'), ask('/'), ask('/')], {
    zone: 'session',
  });
  expect(outputs.map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect((await replay({ dir: recording, timing: UNDISTURBED })).divergence).toBeUndefined();
  const elsewhere = boot({ folders: [folder], cwd: shop.dir, trust: shop.trust, zone: 'ephemeral' });
  await expect(elsewhere).rejects.toThrow('VNES5012');
});

describe.skipIf(!ABLE)('no run begins', () => {
  test('with a file that nobody allowed, also by way of a link', async () => {
    const inside = join(room(), 'shared');
    mkdirSync(inside);
    const link = join(inside, 'link');
    symlinkSync(join(data, 'words'), link);
    const folder = reader('test.linking', [link]);
    await expect(booting(folder, [])).rejects.toThrow('VNES5013');
    await expect(booting(folder, [inside])).rejects.toThrow('VNES5013');
    await expect(booting(folder, [`${data.slice(0, -1)}`])).rejects.toThrow('VNES5013');
    expect((await booting(folder, [inside, data])).refused).toEqual([]);
  });

  test('where the zone gives no files', async () => {
    const folder = reader('test.placed', [join(data, 'words')]);
    await expect(booting(folder, [data], 'session')).rejects.toThrow('VNES5012');
  });

  test('with what is no file, or too large', async () => {
    const large = join(data, 'large');
    writeFileSync(large, Buffer.alloc(64 * 1024 * 1024 + 1));
    for (const [id, path] of [
      ['folder', data],
      ['absent', join(data, 'absent')],
      ['large', large],
      ['device', '/dev/zero'],
    ] as const)
      await expect(booting(reader(`test.${id}`, [path]), [path])).rejects.toThrow('VNES5014');
  });

  test('with a capsule that promises to be bit-exact', async () => {
    const change = { capabilities: { provides: [], determinism_tier: 'D0' } } as const;
    const { refused } = await booting(reader('test.exact', [join(data, 'words')], change), [data]);
    expect(refused).toHaveLength(1);
  });
});
