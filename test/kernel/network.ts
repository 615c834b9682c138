import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { buildCapsule } from '../../src/authoring/build/build.ts';
import { hostPorts } from '../../src/base/host.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import type { Zone } from '../../src/capsule/zone.ts';
import { bind } from '../../src/kernel/binding.ts';
import { boot } from '../../src/kernel/boot.ts';
import { type IngressEvent, parseIngress } from '../../src/kernel/ingress.ts';
import { prepareInvariants } from '../../src/kernel/invariants/prepare.ts';
import { knownZone } from '../../src/kernel/recording.ts';
import { type Origin, type RunOutcome, run } from '../../src/kernel/run.ts';
import { type Timing, UNDISTURBED } from '../../src/kernel/timing.ts';
import { goOn } from '../../src/lab/go-on.ts';
import { headerOf } from '../../src/lab/open.ts';
import { USUAL } from '../../src/store/flags.ts';
import { createKeyPem, openKeyPem, type SigningKey } from '../../src/trust/private-key.ts';
import { loadTrust, type TrustStore } from '../../src/trust/store.ts';
import { signNow } from '../trust/sign-now.ts';
import { FEW, ORDER, OUT, probeManifest } from './manifest.ts';

export { ORDER, OUT, probeManifest };

const ports = hostPorts();
const SDK = fileURLToPath(new URL('../../templates/wasm-ts/impl/src', import.meta.url));
const PROBE = readFileSync(new URL('./probe.assembly', import.meta.url), 'utf8');
const rooms: string[] = [];

afterAll(() => {
  for (const room of rooms) rmSync(room, { recursive: true, force: true });
});

/** A new empty folder, removed after the tests of the file. */
export function room(): string {
  const dir = mkdtempSync(join(tmpdir(), 'vnes-kernel-'));
  rooms.push(dir);
  return dir;
}

export interface Workshop {
  readonly dir: string;
  readonly key: SigningKey;
  readonly trust: TrustStore;
  /** Adds a signed capsule that runs the probe; `change` alters its manifest, `files` are put beside the probe's. */
  add(id: string, change?: Partial<Manifest>, files?: Readonly<Record<string, string>>): string;
}

/** A folder of capsules with a key that is trusted for all of them. The probe is compiled once. */
export async function workshop(): Promise<Workshop> {
  const dir = room();
  const key = openKeyPem(createKeyPem(ports.entropy, undefined), undefined, 'key');
  const trustFile = join(dir, 'trust.json');
  const entry = { name: 'tester', public_key: key.public.base64, namespaces: ['test.*', 'hypersync.core.*'] };
  writeFileSync(trustFile, JSON.stringify({ version: 1, keys: [entry] }));
  const pattern = join(dir, 'pattern');
  writeCapsule(pattern, probeManifest('test.pattern'));
  await buildCapsule(pattern, 'pattern');
  const add = (id: string, change: Partial<Manifest> = {}, files: Record<string, string> = {}): string => {
    const folder = join(dir, 'capsules', id);
    mkdirSync(dirname(folder), { recursive: true });
    cpSync(pattern, folder, { recursive: true });
    rmSync(join(folder, 'impl', 'build.json'));
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...probeManifest(id), ...change }));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
    signNow(folder, id, key, ports);
    return folder;
  };
  return { dir, key, trust: await loadTrust({ file: trustFile, capsules: [] }, ports), add };
}

function writeCapsule(folder: string, manifest: Manifest): void {
  mkdirSync(join(folder, 'spec', 'schemas'), { recursive: true });
  cpSync(SDK, join(folder, 'impl', 'src'), { recursive: true });
  writeFileSync(join(folder, 'impl', 'src', 'main.ts'), PROBE);
  writeFileSync(join(folder, 'spec', 'logic.md'), '# probe\n');
  writeFileSync(join(folder, 'spec', 'schemas', 'order.json'), ORDER);
  writeFileSync(join(folder, 'spec', 'schemas', 'out.json'), OUT);
  writeFileSync(join(folder, 'spec', 'schemas', 'few.json'), FEW);
  writeFileSync(join(folder, 'spec', 'misspelt.json'), '{"typ":"object"}');
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

export interface RunOptions {
  readonly seed?: string;
  readonly frameIngress?: number;
  readonly timing?: Timing;
  readonly zone?: Zone;
  readonly snapshotEvery?: number;
  /** Allows capsules below D0 less than their zone asks for. */
  readonly weaker?: boolean;
  readonly checkAll?: boolean;
  readonly allowedFiles?: readonly string[];
  readonly calls?: boolean;
  /** Happens between admission and loading. */
  readonly meanwhile?: () => void;
}

/** Orders as input, one event a second from second 1; `after` of them are left out. */
export function inputOf(orders: readonly object[], after = 0): readonly IngressEvent[] {
  const lines = orders.map((payload, index) =>
    JSON.stringify({ topic: 'probe.order.v1', time: (index + 1) * 1000, key: `k${index % 3}`, payload }),
  );
  return parseIngress(Buffer.from(lines.slice(after).join('\n')), 'orders', () => []);
}

/** Goes on from the branch in `dir` with the orders after those that were taken there. */
export async function goOnWith(
  shop: Workshop,
  folders: readonly string[],
  dir: string,
  orders: readonly object[],
  { timing = UNDISTURBED, allowedFiles }: Pick<RunOptions, 'timing' | 'allowedFiles'> = {},
): Promise<RunOutcome & { readonly origin: Origin }> {
  const { header } = headerOf(dir);
  const zone = knownZone('the run', header.zone);
  const booted = await boot({ folders, cwd: shop.dir, trust: shop.trust, zone, allowedFiles });
  const network = await bind(booted.capsules, USUAL);
  const invariants = await prepareInvariants(booted.capsules);
  const shared = { dir, network, timing, cacheDir: join(shop.dir, 'cache') };
  const origin = await goOn({ ...shared, capsules: booted.capsules, watch: invariants.watch() });
  const { seed, epoch, frameIngress, snapshotEvery } = header;
  const settings = { seed, epoch, frameIngress, zone, ...(snapshotEvery ? { snapshotEvery } : {}) };
  const input = inputOf(orders, origin.taken.inputs);
  return { ...(await run({ ...shared, settings, booted, input, invariants, origin })), origin };
}

/** Boots the capsules and runs the orders, one event a second from second 1. */
export async function runOrders(
  shop: Workshop,
  folders: readonly string[],
  orders: readonly object[],
  options: RunOptions = {},
): Promise<RunOutcome & { readonly recording: string }> {
  const {
    seed = '7',
    frameIngress = 4,
    timing = UNDISTURBED,
    zone = 'system',
    checkAll = false,
    calls = true,
  } = options;
  const { allowedFiles } = options;
  const booted = await boot({ folders, cwd: shop.dir, trust: shop.trust, zone, allowedFiles });
  if (booted.refused.length > 0) throw new Error(JSON.stringify(booted.refused));
  options.meanwhile?.();
  const network = await bind(booted.capsules, { ...USUAL, checkAll, calls });
  const input = inputOf(orders);
  const recording = room();
  const { snapshotEvery } = options;
  const every = snapshotEvery === undefined ? {} : { snapshotEvery };
  const settings = { seed, epoch: 1000, frameIngress, zone, ...every };
  const outcome = await run({
    dir: recording,
    settings,
    booted,
    network,
    input,
    timing,
    invariants: await prepareInvariants(booted.capsules),
    cacheDir: join(shop.dir, 'cache'),
    weaker: options.weaker,
  });
  return { ...outcome, recording };
}
