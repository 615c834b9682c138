import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runCli, runJson } from './run.ts';

const ESCAPE = '\u001b';
const OUR_COLOURS = new RegExp(`${ESCAPE}\\[(1|2|22|31|36|39)m`, 'g');
/** Controls other than the line feed, and controls of text direction. */
const OBEYED = /[^\P{Cc}\n]|\p{Bidi_Control}/u;

describe('bad usage: a coded diagnostic, exit status 2, and nothing on standard output', () => {
  test.each([
    ['VNES9002', []],
    ['VNES9001', ['explan']],
    ['VNES9001', ['toString']],
    ['VNES9001', ['help', 'constructor']],
    ['VNES9003', ['explain', '--nope']],
    ['VNES9004', ['completion']],
    ['VNES9005', ['explain', 'VNES1001', 'VNES1002']],
    ['VNES9006', ['explain', '--color=sometimes']],
    ['VNES9006', ['explain', '-C']],
    ['VNES9010', ['explain', 'VNES0000']],
    ['VNES9010', ['explain', '../../README']],
    ['VNES9011', ['completion', 'toString']],
    ['VNES1010', ['-C', '/does/not/exist', 'explain']],
  ])('%s: vnes %j', async (code, args) => {
    const { status, stdout, stderr } = await runCli(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: `));
    const report = await runJson(args);
    expect(report).toMatchObject({ ok: false, data: null, diagnostics: [{ code, severity: 'error' }] });
  });

  test('the nearest command and option are proposed', async () => {
    expect((await runCli(['explan'])).stderr).toContain('did you mean explain?');
    expect((await runCli(['explain', '--jsom'])).stderr).toContain('did you mean --json?');
  });
});

describe('options of every command', () => {
  test.each([[['--help']], [['help']], [['-h']]])('%j prints the overview', async args => {
    const { status, stdout, stderr } = await runCli(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const name of Object.keys(COMMANDS)) expect(stdout).toContain(`\n  ${name} `);
  });

  test.each([[['explain', '--help']], [['help', 'explain']]])('%j prints help of the command', async args => {
    expect((await runCli(args)).stdout).toMatch(/^Usage: vnes explain /);
  });

  test.each([[['--version']], [['-V']], [['explain', '--version']]])('%j prints the version', async args => {
    expect(await runCli(args)).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
    expect((await runJson(args)).data).toEqual({ version: '0.1.0' });
  });

  test('-C changes the folder first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vnes-cli-'));
    expect((await runCli(['-C', folder, 'explain', '9099'])).status).toBe(0);
    expect((await runCli(['explain', '9099', `--directory=${folder}`])).status).toBe(0);
  });

  test('--quiet leaves errors only', async () => {
    const { stderr } = await runCli(['explain', 'VNES0000', '-q']);
    expect(stderr).toContain('error[VNES9010]');
    expect(stderr).not.toContain('for more');
  });
});

describe('colour', () => {
  test.each([
    ['no terminal', [], {}, false],
    ['--color always', ['--color', 'always'], {}, true],
    ['--color always over NO_COLOR', ['--color=always'], { NO_COLOR: '1' }, true],
    ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
    ['NO_COLOR over FORCE_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['--color never over FORCE_COLOR', ['--color', 'never'], { FORCE_COLOR: '1' }, false],
  ])('%s', async (_, args, env, coloured) => {
    expect((await runCli(['explain', ...args], { env })).stdout.includes(ESCAPE)).toBe(coloured);
    expect((await runCli(['explain', 'x', ...args], { env })).stderr.includes(ESCAPE)).toBe(coloured);
  });

  test('what an input holds never reaches the terminal as a control', async () => {
    const hostile = `${ESCAPE}[2J${ESCAPE}]0;x\u0007\u009b31m\u202e\u200b\u{e0041}\nerror[VNES0000]: forged`;
    for (const color of ['always', 'never']) {
      const { stderr } = await runCli(['explain', hostile, '--color', color]);
      expect(stderr).toContain('\\u001b[2J\\u001b]0;x\\u0007\\u009b31m\\u202e\\u200b\\udb40\\udc41');
      expect(stderr.replace(OUR_COLOURS, '')).not.toMatch(OBEYED);
      expect(stderr).not.toMatch(/^\S*error\[VNES0000/m);
    }
    const { stdout } = await runCli(['explain', hostile, '--json']);
    expect(stdout).not.toMatch(OBEYED);
    expect(JSON.parse(stdout).diagnostics[0].message).toContain(hostile);
  });
});

describe('standard output', () => {
  test('a reader that goes away is no error', async () => {
    const child = spawn('bash', [
      '-c',
      'exec 3>&2; "$0" src/cli/entry.ts explain 2>&3 | true; echo "$PIPESTATUS"',
      process.execPath,
    ]);
    let out = '';
    let err = '';
    for await (const chunk of child.stdout) out += chunk;
    for await (const chunk of child.stderr) err += chunk;
    expect({ out, err }).toEqual({ out: '0\n', err: '' });
  });
});
