import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComponentSpec, Instance, InstanceLimits, PythonCode } from '../../src/sandbox/contract.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { options, spec, stateOf } from '../sandbox/probe.ts';

/** Shared by all tests and runs: what lies in it is believed only by its digest. */
export const CACHE = join(tmpdir(), 'vnes-test-python');

export const LIMITS: InstanceLimits = { timeoutMs: 60_000, memoryBytes: 96 * 2 ** 20, fuel: 3e10 };

/** Its events' keys are code: an expression is published, anything else (after `!`) is run. */
export const PROBE = `
import vnes
count = 0

def init(config):
    global settings
    settings = config
    if "run" in config:
        exec(config["run"], globals())

def run(event):
    global count
    count += 1
    if event.key.startswith("!"):
        exec(event.key[1:], globals() | {"event": event})
        return
    value = eval(event.key, globals() | {"event": event})
    vnes.publish("out.v1", value)

def serve(method, payload):
    return eval(method, globals() | {"payload": payload})
`;

export function pythonCode(files: Readonly<Record<string, string>>, callable = 'run'): PythonCode {
  const bytes = Object.entries(files).map(
    ([path, text]) => [path, new Uint8Array(Buffer.from(text))] as const,
  );
  return { language: 'python', entry: { module: 'impl.src.main', callable }, files: new Map(bytes) };
}

export function pythonSpec(
  files: Readonly<Record<string, string>> = {},
  change: Partial<ComponentSpec> = {},
): ComponentSpec {
  const code = pythonCode({ 'impl/src/main.py': PROBE, ...files });
  return spec(new Uint8Array(), { code, config: '{}', ...change });
}

export const STATE = stateOf({ 'own/a': 1, 'own/b': { y: 2, x: [true, null] }, 'other/c': 'ľ', 'svc/n': 5 });

export async function startPython(
  zone: 'system' | 'tenant' | 'session',
  component: ComponentSpec = pythonSpec(),
  limits: Partial<InstanceLimits> = {},
): Promise<Instance> {
  return rungFor(zone, { cacheDir: CACHE }).start(
    options(component, { state: STATE, limits: { ...LIMITS, ...limits } }),
  );
}
