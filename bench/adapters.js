/** One capsule in WebAssembly and in Python, ready for a sandbox: it keeps the latest reading of every station. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../src/base/digest.ts';
import { ID, TOPIC } from './workshop.js';

const PYTHON = `
import vnes

def init(config):
    pass

def run(event):
    vnes.state.put("${ID}/" + event.key, event.payload)
`;

/** The component in the folder of a built capsule. */
export function wasmComponent(folder) {
  const bytes = readFileSync(path.join(folder, 'impl/capsule.wasm'));
  return component({ language: 'wasm', bytes, digest: sha256(bytes) });
}

export function pythonComponent() {
  const files = new Map([['impl/src/main.py', Buffer.from(PYTHON)]]);
  return component({ language: 'python', entry: { module: 'impl.src.main', callable: 'run' }, files });
}

/** What an instance is started with. */
export function instanceOptions(spec) {
  const limits = { timeoutMs: 60_000, memoryBytes: 256 * 1024 * 1024, fuel: 200_000_000_000 };
  return { component: spec, seed: '1', limits, state: { get: () => undefined, scan: () => [] } };
}

/** So many deliveries whose payload has 200 bytes each. */
export function deliveries(count) {
  return Array.from({ length: count }, (_, seq) => {
    const payload = { note: '', station: `s${seq % 100}`, value: seq % 10_000 };
    payload.note = 'n'.repeat(200 - JSON.stringify(payload).length);
    const place = { seq, topic: TOPIC, partition: 0, offset: seq, time: seq };
    return {
      subscriber: ID,
      event: { ...place, key: payload.station, payload, source: 'ingress', cause: null },
    };
  });
}

function component(code) {
  const access = { owns: [`${ID}/`], reads: [] };
  return { capsule: ID, version: '1.0.0', code, config: '{}', access, publishes: [], services: {} };
}
