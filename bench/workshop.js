/** What several measurements need: a capsule built from the template wasm-ts, booted, and events for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildCapsule } from '../src/authoring/build/build.ts';
import { scaffold } from '../src/authoring/scaffold/scaffold.ts';
import { hostPorts } from '../src/base/host.ts';
import { boot } from '../src/kernel/boot.ts';
import { createKeyPem, openKeyPem } from '../src/trust/private-key.ts';
import { draftReceipt, writeReceipt } from '../src/trust/sign.ts';
import { loadTrust } from '../src/trust/store.ts';

const templates = path.resolve(import.meta.dirname, '../templates');
export const ID = 'bench.latest';
export const TOPIC = 'telemetry.metrics.v1';

export const SCHEMA = {
  type: 'object',
  required: ['station', 'value', 'note'],
  properties: {
    station: { type: 'string' },
    value: { type: 'number', minimum: 0 },
    note: { type: 'string', maxLength: 200 },
  },
  additionalProperties: false,
};

/** Keeps the latest reading of every station. */
const SOURCE = `
import { Event, Result, state } from './vnes';

export function init(_config: string): Result {
  return Result.ok();
}

export function handle(event: Event): Result {
  return state.put('${ID}/' + event.key!, event.payload);
}

export function serve(_method: string, payload: string): Result {
  return Result.ok(payload);
}
`;

/** A folder for one measurement, removed when `work` is done with it. */
export async function inFolder(work) {
  const root = mkdtempSync(path.join(os.tmpdir(), 'vnes-bench-'));
  try {
    return await work(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The signed capsule, built anew. */
export async function buildLatest(root) {
  const folder = path.join(root, 'capsule');
  scaffold({ template: 'wasm-ts', id: ID, dir: 'capsule', cwd: root, templates });
  writeFileSync(path.join(folder, 'impl/src/main.ts'), SOURCE);
  writeFileSync(path.join(folder, 'spec/schemas/metrics.json'), JSON.stringify(SCHEMA));
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest()));
  await buildCapsule(folder, 'capsule');
  return folder;
}

/** Boots the capsule with a key made for it. */
export async function bootLatest(root, folder) {
  const ports = hostPorts();
  const key = openKeyPem(createKeyPem(ports.entropy, undefined), undefined, 'key');
  const draft = draftReceipt(folder, 'capsule', key.public, ports, {});
  writeReceipt(draft, key.sign(draft.message));
  const file = path.join(root, 'trust.json');
  const entry = { name: 'bench', public_key: key.public.base64, namespaces: ['bench.*'] };
  writeFileSync(file, JSON.stringify({ version: 1, keys: [entry] }));
  const trust = await loadTrust({ file, capsules: [] }, ports);
  const booted = await boot({ folders: [folder], cwd: root, trust, zone: 'system' });
  if (booted.refused.length > 0) throw new Error(JSON.stringify(booted.refused));
  return booted;
}

/** NDJSON of so many events whose payload has 200 bytes each. */
export function eventLines(count) {
  const lines = Array.from({ length: count }, (_, seq) => {
    const payload = { note: '', station: `s${seq % 100}`, value: seq };
    payload.note = 'n'.repeat(200 - JSON.stringify(payload).length);
    return JSON.stringify({ topic: TOPIC, time: seq, key: payload.station, payload });
  });
  return Buffer.from(lines.join('\n'));
}

function manifest() {
  return {
    id: ID,
    version: '1.0.0',
    type: 'logic',
    description: 'Keeps the latest reading of every station.',
    capabilities: { provides: [], determinism_tier: 'D0_bit_exact' },
    interfaces: {
      wasm: 'impl/capsule.wasm',
      bus: { subscribes: [{ topic: TOPIC, schema: 'spec/schemas/metrics.json' }] },
    },
    governance: { tier: 'local', audit_level: 'none' },
    runtime: { language: 'assemblyscript' },
    security: { trust_zone: 'system' },
  };
}
