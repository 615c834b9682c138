import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Instance } from '../../src/sandbox/contract.ts';
import { GUARDED_DENIALS, openGuarded } from '../../src/sandbox/guarded.ts';
import { prepare } from '../../src/sandbox/prepare.ts';
import { openProcess, PROCESS_DENIALS } from '../../src/sandbox/process.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { Session } from '../../src/sandbox/session.ts';
import { openWorker } from '../../src/sandbox/worker.ts';
import { BUBBLEWRAP, lacks } from '../bubblewrap.ts';
import { assemble, buildProbe, dummy, options, said, scripts, spec, WIT, wrap } from './probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'vnes-isolation-'));
const component = join(folder, 'probe.wasm');
let probe: Uint8Array;
let instance: Instance | undefined;

beforeAll(async () => {
  probe = await buildProbe();
  writeFileSync(component, probe);
}, 60_000);
afterEach(async () => instance?.stop());

/** Processes whose parent is `parent`, from /proc. */
function childrenOf(parent: number): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return ppid === parent ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}

/** The agents below a process: bubblewrap and its init stand between them and it. */
function sandboxesOf(parent: number): { pid: number; command: string }[] {
  return childrenOf(parent).flatMap(child => {
    const below = sandboxesOf(child.pid);
    return below.length === 0 && child.command.includes('--permission') ? [child] : below;
  });
}

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 50) {
    if (!isAlive(pid)) return true;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return !isAlive(pid);
}

for (const zone of ['system', 'session'] as const)
  describe.skipIf(lacks(zone))(`a sandbox of the zone ${zone}`, () => {
    const start = async (bytes = probe, timeoutMs = 20_000) => {
      instance = await rungFor(zone).start(
        options(spec(bytes), { limits: { timeoutMs, memoryBytes: 2 ** 26, fuel: Number.MAX_SAFE_INTEGER } }),
      );
      return instance;
    };

    test('that runs out of time is aborted, at once and for good', async () => {
      const running = await start(probe, 500);
      await running.init();
      await expect(running.handle(scripts('loop'))).rejects.toThrow('VNES5007');
      await expect(running.handle(scripts('count'))).rejects.toThrow('VNES5007');
      await running.stop();
      await running.stop();
    });

    test('that is stopped while it works fails the call', async () => {
      const running = await start();
      await running.init();
      const call = running.handle(scripts('loop'));
      const failed = expect(call).rejects.toThrow('VNES5006');
      await running.stop();
      await failed;
    });

    test('with memory above its limit is refused', async () => {
      await expect(start(await bulky(2000))).rejects.toThrow('VNES5005');
    });

    test('with a component that only traps says so', async () => {
      const running = await start(await dummy());
      expect(said(await running.init())).toMatch(/^trap: /);
    });

    test('whose functions have other types traps', async () => {
      const wit = WIT.replace(
        'init: func(config: string) -> result<_, string>',
        'init: func(config: string) -> u32',
      );
      const wat = worldOf(1)
        .replace(
          'init") (param i32 i32) (result i32) unreachable',
          'init") (param i32 i32) (result i32) i32.const 7',
        )
        .replace(
          'cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable',
          'cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8',
        );
      const running = await start(await wrap(await assemble(wat), wit));
      expect(said(await running.init())).toBe('trap: the canonical ABI was violated');
    });

    test('outlives 10,000 deliveries without growing', async () => {
      const running = await start();
      await running.init();
      const round = async () => {
        const outcomes = await running.handle(
          scripts(...Array(2_500).fill('put own/x 1;get own/x;random 16;emit out.v1')),
        );
        expect(outcomes.every(outcome => outcome.kind === 'ok')).toBe(true);
        return zone === 'session' ? residentKib(sandboxesOf(process.pid)[0]!.pid) : residentKib(process.pid);
      };
      const sizes = [await round(), await round(), await round(), await round()];
      expect(sizes[3]! - sizes[1]!).toBeLessThan(60 * 1024);
    }, 30_000);
  });

/** A component that traps on each call, with a memory of so many pages from the start. */
async function bulky(pages: number): Promise<Uint8Array> {
  return wrap(await assemble(worldOf(pages)));
}

/** A core module that traps on each call of the world. */
function worldOf(pages: number): string {
  const world: Record<string, string> = {
    init: 'i32 i32',
    handle: 'i32 i32 i32 i64 i64 i32 i32 i32 i32 i32',
    serve: 'i32 i32 i32 i32',
    cabi_realloc: 'i32 i32 i32 i32',
  };
  const functions = Object.entries(world).map(
    ([name, params]) => `(func (export "${name}") (param ${params}) (result i32) unreachable)`,
  );
  return `(module (memory (export "memory") ${pages}) ${functions.join(' ')})`;
}

function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe.skipIf(!BUBBLEWRAP)('a confined process', () => {
  test('is denied files, processes, threads, signals and the environment before it gets any code', async () => {
    const setup = options(spec(probe));
    const start = await prepare(setup, undefined);
    instance = await Session.start(openProcess, setup, PROCESS_DENIALS, start);
    expect(PROCESS_DENIALS).toHaveLength(6);
  });

  test('is required to be: where less is denied, the sandbox does not start', async () => {
    const setup = options(spec(probe));
    const start = await prepare(setup, undefined);
    const refusal = Session.start(openGuarded, setup, PROCESS_DENIALS, start);
    await expect(refusal).rejects.toThrow('VNES5010');
    await expect(Session.start(openWorker, setup, GUARDED_DENIALS, start)).rejects.toThrow('VNES5010');
  });

  test('that is killed from outside fails the next call', async () => {
    instance = await rungFor('tenant').start(options(spec(probe)));
    await instance.init();
    const sandbox = sandboxesOf(process.pid);
    expect(sandbox).toHaveLength(1);
    process.kill(sandbox[0]!.pid, 'SIGKILL');
    await expect(instance.handle(scripts('loop'))).rejects.toThrow('VNES5006');
    expect(sandboxesOf(process.pid)).toEqual([]);
  });

  test.each(['', 'loop'])('ends with its host, busy with "%s"', { timeout: 20_000 }, async script => {
    const file = fileURLToPath(new URL('./orphan.ts', import.meta.url));
    const host = spawn(process.execPath, [file, component, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise(resolve => host.stdout.once('data', resolve));
    const sandbox = sandboxesOf(host.pid!);
    expect(sandbox).toHaveLength(1);
    host.kill('SIGKILL');
    expect(await goneWithin(sandbox[0]!.pid, 5_000)).toBe(true);
  });

  test('is no longer there when it was stopped', async () => {
    const running = await rungFor('tenant').start(options(spec(probe)));
    const [sandbox] = sandboxesOf(process.pid);
    expect(isAlive(sandbox!.pid)).toBe(true);
    await running.stop();
    expect(sandboxesOf(process.pid)).toEqual([]);
    // Its streams are closed a moment before it is gone.
    expect(await goneWithin(sandbox!.pid, 5_000)).toBe(true);
  });
});

describe('a guarded process', () => {
  const guarded = (weaker: boolean) => rungFor('tenant', { obstacle: 'none is there', weaker });

  test('takes the place of a confined one only when that is allowed', () => {
    expect(() => guarded(false)).toThrow('VNES5009');
    expect(guarded(true)).toMatchObject({ name: 'guarded', weaker: true });
    expect(rungFor('system', { obstacle: 'none is there' })).not.toHaveProperty('weaker');
  });

  test('is denied files, processes, threads and the environment, and runs capsules', async () => {
    instance = await guarded(true).start(options(spec(probe)));
    await instance.init();
    expect((await instance.handle(scripts('count;emit out.v1'))).map(said)).toEqual(['1']);
    expect(GUARDED_DENIALS).toHaveLength(5);
  });

  test('is no longer there, nor its reaper, when it was stopped', async () => {
    const own = () => childrenOf(process.pid).filter(({ command }) => /--permission|read -r _/.test(command));
    const running = await guarded(true).start(options(spec(probe)));
    expect(own()).toHaveLength(2);
    await running.stop();
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(own()).toEqual([]);
  });
});
