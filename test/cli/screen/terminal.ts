import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** Whether tmux is here, which plays the terminal. */
export const TMUX = spawnSync('tmux', ['-V']).status === 0;

const VNES = join(import.meta.dirname, '../../../bin/vnes.js');
/** Milliseconds between two looks at the screen, and looks before it counts as wrong. */
const LOOK = 50;
const LOOKS = 400;

export interface TerminalOptions {
  readonly cwd: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A shell in a terminal of its own, in which `vnes quarantine-inspect --tui` runs. It is gone when the test is over. */
export function terminal({ cwd, columns = 80, rows = 24, env = {}, args = [] }: TerminalOptions) {
  const socket = join(mkdtempSync(join(tmpdir(), 'vnes-tmux-')), 's');
  const base = { PATH: process.env.PATH, HOME: cwd, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
  const tmux = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', '-u', ...words], {
      cwd,
      env: base,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tmux ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  onTestFinished(() => {
    spawnSync('tmux', ['-S', socket, 'kill-server']);
    rmSync(join(socket, '..'), { recursive: true, force: true });
  });
  const set = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
  const command = [...set, process.execPath, VNES, 'quarantine-inspect', '--tui', ...args].join(' ');
  // The shell tells how it ended, and stays, so that what is left of the terminal can be looked at.
  const shell = `${command} & echo $! > pid; fg > /dev/null; echo "ended with $?"; stty -a; exec sh -i`;
  tmux(
    'new-session',
    '-d',
    '-x',
    String(columns),
    '-y',
    String(rows),
    `bash -m -c '${shell.replaceAll("'", "'\\''")}'`,
  );
  const screen = () => tmux('capture-pane', '-p').split('\n').slice(0, -1);
  return {
    screen,
    /** The screen with its colours. */
    coloured: () => tmux('capture-pane', '-p', '-e'),
    press: (...keys: string[]) => void tmux('send-keys', ...keys),
    type: (text: string) => void tmux('send-keys', '-l', text),
    resize: (columns: number, rows: number) =>
      void tmux('resize-window', '-x', String(columns), '-y', String(rows)),
    /** Whether the alternate screen is shown, and the cursor. */
    flags: () => tmux('display', '-p', '#{alternate_on} #{cursor_flag}').trim(),
    /** Waits until the screen holds this, and returns it. */
    async shows(wanted: string | RegExp): Promise<string[]> {
      for (let look = 0; look < LOOKS; look += 1) {
        const now = screen();
        if (now.join('\n').match(wanted)) return now;
        await sleep(LOOK);
      }
      throw new Error(`no ${wanted} on the screen:\n${screen().join('\n')}`);
    },
  };
}
