import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { copyOf, orders, prepare, type Workshop } from './workshop.ts';

const BUILD = join(import.meta.dirname, '../../bin/vnes.js');
const prepared = await prepare();

interface Watched {
  readonly status: number | null;
  readonly stdout: string;
  /** Every process that was seen below the command. */
  readonly below: ReadonlySet<number>;
}

/** Runs a command and watches which processes it starts; `act` is called as soon as a sandbox is among them. */
async function watch(
  shop: Workshop,
  args: readonly string[],
  act: (child: ChildProcess) => void = () => {},
): Promise<Watched> {
  const env = { PATH: process.env.PATH, HOME: shop.at('home'), XDG_CACHE_HOME: shop.cache };
  const child = spawn(process.execPath, [BUILD, ...args], {
    cwd: shop.cwd,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const below = new Set<number>();
  let stdout = '';
  let acted = false;
  child.stdout.on('data', chunk => {
    stdout += chunk;
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  const over = ended.then(() => true);
  while (!(await Promise.race([over, sleep(5, false)]))) {
    for (const { pid, command } of descendants(child.pid!)) {
      below.add(pid);
      if (acted || !command.includes('agent')) continue;
      acted = true;
      act(child);
    }
  }
  return { status: await ended, stdout, below };
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function descendants(root: number): Process[] {
  const all = readdirSync('/proc')
    .filter(name => /^[0-9]+$/.test(name))
    .flatMap(processOf);
  const within = new Set([root]);
  for (const { pid, parent } of all.sort((a, b) => a.pid - b.pid)) if (within.has(parent)) within.add(pid);
  return all.filter(({ pid }) => pid !== root && within.has(pid));
}

/** Nothing for a process that has just ended. */
function processOf(name: string): Process[] {
  try {
    const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
    return [{ pid: Number(name), parent: Number(fields[1]), command }];
  } catch {
    return [];
  }
}

/** Those that are still there after the time that the system needs to clear up. */
async function left({ below }: Watched): Promise<number[]> {
  for (let waited = 0; waited < 2_000; waited += 20) {
    if ([...below].every(pid => !existsSync(`/proc/${pid}`))) return [];
    await sleep(20);
  }
  return [...below].filter(pid => existsSync(`/proc/${pid}`));
}

/** Some end with those that were killed before. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {}
}

const SESSION = ['run', 'capsules', '--input', 'input', '--trust-zone', 'session', '--record', 'new'];

describe.skipIf(!BUBBLEWRAP)('no process outlives its command', () => {
  test.each([
    ['a run that ends well', ['count'], 0],
    ['a capsule that traps', ['count', 'trap'], 20],
    ['a capsule that breaks its declarations', ['foreign-topic'], 20],
  ])('%s', async (_, words, status) => {
    const shop = copyOf(prepared);
    shop.write('input', orders(...words));
    const watched = await watch(shop, SESSION);
    expect(watched.status).toBe(status);
    expect(watched.below.size).toBeGreaterThan(0);
    expect(await left(watched)).toEqual([]);
    const replayed = await watch(shop, ['replay', 'new']);
    expect(replayed.status).toBe(0);
    expect(replayed.below.size).toBeGreaterThan(0);
    expect(await left(replayed)).toEqual([]);
  });

  test.each<[NodeJS.Signals, number | null, string | undefined]>([
    ['SIGINT', 130, 'VNES9030'],
    ['SIGTERM', 143, 'VNES9031'],
    ['SIGKILL', null, undefined],
  ])('%s in the middle of a run', async (signal, status, code) => {
    const shop = copyOf(prepared);
    shop.write('input', orders(...Array(20_000).fill('count')));
    const watched = await watch(shop, ['--json', ...SESSION, '--frame-events', '1'], child =>
      child.kill(signal),
    );
    expect(watched.status).toBe(status);
    expect(watched.below.size).toBeGreaterThan(0);
    if (code !== undefined) expect(JSON.parse(watched.stdout)).toMatchObject({ diagnostics: [{ code }] });
    expect(await left(watched)).toEqual([]);
  });

  test('a sandbox that is killed: another takes its place', async () => {
    const shop = copyOf(prepared);
    shop.write('input', orders(...Array(1_500).fill('count')));
    const begun = async () => {
      const journal = shop.at('new', 'journal', '00000001.vnj');
      while (!existsSync(journal) || statSync(journal).size < 20_000) await sleep(5);
    };
    const kill = async ({ pid }: ChildProcess) => {
      await begun();
      for (const { pid: sandbox, command } of descendants(pid!)) {
        if (command.includes('agent')) end(sandbox);
      }
    };
    const watched = await watch(
      shop,
      ['--json', ...SESSION, '--frame-events', '1'],
      child => void kill(child),
    );
    expect(watched.status).toBe(0);
    expect(JSON.parse(watched.stdout)).toMatchObject({
      ok: true,
      diagnostics: [{ code: 'VNES6006', severity: 'warning' }],
    });
    expect(JSON.parse(shop.read('new/report.json'))).toMatchObject({
      capsules: [{ deliveries: { ok: 1_500 }, sandboxes: { revived: 1, abandoned: 0 } }],
    });
    expect(await left(watched)).toEqual([]);
    expect((await watch(shop, ['replay', 'new'])).status).toBe(0);
  });
});
