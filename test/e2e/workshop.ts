import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import type { Tier } from '../../src/capsule/tier.ts';
import { type Ended, type RunOptions, runCli } from '../cli/run.ts';
import { probeManifest } from '../kernel/network.ts';
import { dummy, WIT } from '../sandbox/probe.ts';

const ROOT = join(import.meta.dirname, '../..');
const SDK = join(ROOT, 'templates/wasm-ts/impl/src');
const PROBE = join(ROOT, 'test/kernel/probe.assembly');
const OBJECT = { type: 'object', required: ['do'], properties: { do: { type: 'string' } } };
const NUMBER = { type: 'object', required: ['n'], properties: { n: { type: 'number' } } };

/** A component of the capsule world that also wants the network. */
const FORBIDDEN = `${WIT.replace('import log;', 'import log;\n  import wasi:sockets/network@0.2.0;')}
  package wasi:sockets@0.2.0 { interface network { connect: func() -> u32; } }`;

/** A folder in which the real commands run. Its `home` is the user's. */
export interface Workshop {
  readonly cwd: string;
  /** Compiled code, which all copies share. */
  readonly cache: string;
  at(...names: string[]): string;
  write(name: string, content: string | Uint8Array): void;
  read(name: string): string;
  bytes(name: string): Buffer;
}

/**
 * Made once by the real commands of the build: a key of the user's own; in `capsules/` the capsule `probe`, which does what its
 * input says, and in `shady/` one that wants the network, both signed; inputs; and `recording`, a run of three events.
 */
export async function prepare(): Promise<Workshop> {
  const shop = workshopIn(mkdtempSync(join(realpathSync(tmpdir()), 'vnes-e2e-')));
  afterAll(() => rmSync(shop.cwd, { recursive: true, force: true }));
  writeProbe(shop, 'capsules/probe', 'user.me.probe');
  shop.write('good.ndjson', orders('count', 'count', 'count'));
  await must(shop, ['keys', 'create', '--no-passphrase']);
  await must(shop, ['build', 'capsules']);
  cpSync(shop.at('capsules/probe'), shop.at('shady/sockets'), { recursive: true });
  writeManifest(shop, 'shady/sockets', 'user.me.sockets', 'NX_experimental');
  rmSync(shop.at('shady/sockets/impl/build.json'));
  shop.write('shady/sockets/impl/capsule.wasm', await dummy(FORBIDDEN));
  await must(shop, ['sign', 'capsules', 'shady']);
  await must(shop, ['run', 'capsules', '--input', 'good.ndjson', '--record', 'recording']);
  return shop;
}

/** One that is filled once, for the tests of a file. */
export async function prepareEmpty(fill: (shop: Workshop) => Promise<void>): Promise<Workshop> {
  const shop = workshopIn(mkdtempSync(join(realpathSync(tmpdir()), 'vnes-e2e-')));
  afterAll(() => rmSync(shop.cwd, { recursive: true, force: true }));
  await fill(shop);
  return shop;
}

/** An empty one for one test. */
export function emptyWorkshop(): Workshop {
  const shop = workshopIn(mkdtempSync(join(realpathSync(tmpdir()), 'vnes-e2e-')));
  onTestFinished(() => rmSync(shop.cwd, { recursive: true, force: true }));
  return shop;
}

/** A copy for one test. */
export function copyOf(prepared: Workshop): Workshop {
  const shop = workshopIn(mkdtempSync(join(realpathSync(tmpdir()), 'vnes-e2e-')), prepared.cache);
  onTestFinished(() => rmSync(shop.cwd, { recursive: true, force: true }));
  cpSync(prepared.cwd, shop.cwd, { recursive: true, filter: path => path !== prepared.cache });
  return shop;
}

/** Input lines that tell the probe what to do, a second apart. */
export function orders(...words: string[]): string {
  return words
    .map((word, index) => ({ topic: 'probe.order.v1', time: (index + 1) * 1000, payload: { do: word } }))
    .map(line => `${JSON.stringify(line)}\n`)
    .join('');
}

/** Runs the build in a workshop, with its home and nothing else of this environment. */
export function vnes(shop: Workshop, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runCli(args, {
    cwd: shop.cwd,
    built: true,
    ...options,
    env: { HOME: shop.at('home'), XDG_CACHE_HOME: shop.cache, ...options.env },
  });
}

function workshopIn(cwd: string, cache = join(cwd, 'cache')): Workshop {
  const at = (...names: string[]) => join(cwd, ...names);
  mkdirSync(at('home'), { recursive: true });
  return {
    cwd,
    cache,
    at,
    write(name, content) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
    },
    read: name => readFileSync(at(name), 'utf8'),
    bytes: name => readFileSync(at(name)),
  };
}

function writeProbe(shop: Workshop, folder: string, id: string): void {
  cpSync(SDK, shop.at(folder, 'impl/src'), { recursive: true });
  shop.write(`${folder}/impl/src/main.ts`, readFileSync(PROBE));
  shop.write(`${folder}/spec/logic.md`, '# probe\n');
  shop.write(`${folder}/spec/schemas/order.json`, JSON.stringify(OBJECT));
  shop.write(`${folder}/spec/schemas/out.json`, JSON.stringify(NUMBER));
  writeManifest(shop, folder, id);
}

function writeManifest(shop: Workshop, folder: string, id: string, tier: Tier = 'D0_bit_exact'): void {
  const capabilities = { provides: [], determinism_tier: tier };
  shop.write(`${folder}/manifest.json`, JSON.stringify({ ...probeManifest(id), capabilities }, undefined, 2));
}

async function must(shop: Workshop, args: readonly string[]): Promise<void> {
  const { status, stderr } = await vnes(shop, args);
  if (status !== 0) throw new Error(`vnes ${args.join(' ')} ended with ${status}: ${stderr}`);
}
