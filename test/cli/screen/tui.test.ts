import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decision, quarantineIn } from '../../kernel/quarantine/decisions.ts';
import { TMUX, terminal } from './terminal.ts';

if (!TMUX) process.stderr.write('skipped: the full screen: tmux is not installed\n');

/** A folder whose runs have refused some capsules and admitted others. */
function folder(count: number): string {
  const { cwd, keep } = quarantineIn('.vnes/quarantine');
  for (let index = 0; index < count; index += 1) {
    const place = { folder: `capsules/${index}` };
    keep(2020, decision('admitted', { 'manifest.json': '{"a":1}', 'a.txt': 'before\n' }, place));
    const evil = { 'manifest.json': '{"a":2}', 'a.txt': 'after \u001b[31m\n' };
    if (index % 2 === 0) keep(2021, decision('quarantined', evil, place));
  }
  return cwd;
}

describe.skipIf(!TMUX)('on a terminal', { timeout: 60_000 }, () => {
  test('shows records, tabs and differences, and gives the terminal back', async () => {
    const tty = terminal({ cwd: folder(3) });
    const first = await tty.shows('2 quarantined, 1 admitted');
    expect(first).toHaveLength(24);
    expect(first[2]).toMatch(/^> quar test\.a@1\.0\.0 +│ quarantined test\.a@1\.0\.0 since/);
    expect(tty.flags()).toBe('1 0');
    tty.press('Tab');
    expect((await tty.shows(/\+after/)).join('\n')).toMatch(/-before\n.*\+after \\u001b\[31m/);
    tty.press('Right');
    await tty.shows(/\/a\n.*- 1\n.*\+ 2/);
    tty.press('/');
    tty.type('capsules/1');
    await tty.shows('1 match "capsules/1"');
    tty.press('Enter', 'q');
    await tty.shows('ended with 0');
    expect(tty.flags()).toBe('0 1');
    expect(tty.screen().join(' ')).toMatch(/ icanon .* echo /);
  });

  test('keeps to the size of the terminal, also when it changes', async () => {
    const tty = terminal({ cwd: folder(40), columns: 120, rows: 30 });
    await tty.shows(/tab next.*q quit/);
    for (const [columns, rows] of [
      [44, 12],
      [20, 6],
      [160, 50],
      [12, 4],
      [80, 24],
    ] as const) {
      tty.resize(columns, rows);
      const wanted = columns < 20 ? 'needs 20x6' : 'quarantine 20 quar';
      const lines = await tty.shows(wanted.slice(0, columns));
      expect(lines).toHaveLength(rows);
      expect(Math.max(...lines.map(line => [...line].length))).toBeLessThanOrEqual(columns);
    }
    await tty.shows(/tab next.*q quit/);
  });

  test('examines again where it stands', async () => {
    const tty = terminal({ cwd: folder(1) });
    await tty.shows('1 quarantined');
    tty.press('r');
    await tty.shows('stays in quarantine: ');
    tty.press('q');
    await tty.shows('ended with 0');
  });

  test('has colours, and none with NO_COLOR', async () => {
    const cwd = folder(1);
    const colours = /\[[0-9;]*3[0-9]m/;
    const tty = terminal({ cwd });
    await tty.shows('q quit');
    expect(tty.coloured()).toMatch(colours);
    const plain = terminal({ cwd, env: { NO_COLOR: '1' } });
    await plain.shows('q quit');
    expect(plain.coloured()).not.toMatch(colours);
  });

  test('an empty quarantine', async () => {
    const tty = terminal({ cwd: folder(0) });
    await tty.shows('no run has examined a capsule here');
    tty.press('Tab', 'Down', 'r', 'PageDown', 'q');
    await tty.shows('ended with 0');
  });
});

/** Makes a program break down whenever it is told to. */
const BOOM = "process.on('SIGUSR2', () => { throw new Error('boom'); });";

describe.skipIf(!TMUX)('the terminal is given back', { timeout: 60_000 }, () => {
  test.each<[string, (press: (key: string) => void, pid: number) => void, number, string]>([
    ['on control-C', press => press('C-c'), 130, 'error[VNES9030]'],
    ['on SIGINT', (_, pid) => process.kill(pid, 'SIGINT'), 130, 'error[VNES9030]'],
    ['on SIGTERM', (_, pid) => process.kill(pid, 'SIGTERM'), 143, 'error[VNES9031]'],
    ['on a crash', (_, pid) => process.kill(pid, 'SIGUSR2'), 3, 'error[VNES9099]'],
  ])('%s', async (_, stop, status, told) => {
    const cwd = folder(2);
    writeFileSync(join(cwd, 'boom.cjs'), BOOM);
    const tty = terminal({ cwd, env: { NODE_OPTIONS: `--require=${join(cwd, 'boom.cjs')}` } });
    await tty.shows('q quit');
    stop(key => tty.press(key), Number(readFileSync(join(cwd, 'pid'), 'utf8')));
    const lines = (await tty.shows(`ended with ${status}`)).join('\n');
    expect(lines).toContain(told);
    expect(lines).not.toMatch(/^\s+at /m);
    expect(tty.flags()).toBe('0 1');
    await tty.shows(/ icanon[\s\S]* echo /);
  });
});
