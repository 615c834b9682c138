import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCli, runJson } from '../cli/run.ts';
import { RECORDS, record, segments } from '../store/recording.ts';

const whole = record();
const short = record(RECORDS.slice(0, 4));
const damaged = spoilt();

function spoilt(): string {
  const dir = record();
  const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
  bytes[200]! ^= 1;
  writeFileSync(path, bytes);
  return dir;
}

/** Every question, as words after the recording's folder. */
const QUESTIONS: readonly (readonly [command: string[], rest: string[]])[] = [
  [['state', 'get'], ['z']],
  [['state', 'history'], ['z']],
  [['state', 'scan'], []],
  [['state', 'diff'], []],
  [['state', 'why'], ['z']],
  [['bus', 'log'], []],
  [['bus', 'topics'], []],
];

describe('questions to a recording', () => {
  it.each(QUESTIONS)(
    '%j: answered, answered with status 1 when unfinished, refused when damaged or absent',
    async (command, rest) => {
      const ask = (dir: string) => runJson([...command, dir, ...rest]);
      const [good, unfinished, bad, absent] = await Promise.all(
        [whole, short, damaged, '/nonexistent'].map(ask),
      );
      expect(good).toMatchObject({ exitCode: 0, diagnostics: [] });
      expect(unfinished).toMatchObject({ exitCode: 1, diagnostics: [{ code: 'VNES8002' }] });
      expect(unfinished!.data).not.toBeNull();
      expect(bad).toMatchObject({ exitCode: 1, data: null, diagnostics: [{ code: 'VNES8003' }] });
      expect(absent).toMatchObject({ exitCode: 2, data: null, diagnostics: [{ code: 'VNES8001' }] });
    },
  );

  it('print the value alone, as of the event that was named', async () => {
    const ask = async (at: string) => (await runCli(['state', 'get', whole, 'x', '--at', at])).stdout;
    expect(await Promise.all(['0', '2', 'a.b.v1/0/2'].map(ask))).toEqual(['1\n', '2\n', '2\n']);
  });

  it('print the log as lines of canonical JSON', async () => {
    const { stdout, status } = await runCli([
      'bus',
      'log',
      whole,
      '--topic',
      'a.b.v1',
      '--from',
      '1',
      '--limit',
      '2',
    ]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { seq: number });
    expect([status, lines.map(({ seq }) => seq)]).toEqual([0, [1, 2]]);
  });

  it.each([
    [['state', 'get', whole, 'x'], 1, 'VNES7011'],
    [['state', 'get', whole, 'y', '--at', 'start'], 1, 'VNES7011'],
    [['state', 'history', whole, 'nothing'], 1, 'VNES7011'],
    [['state', 'why', whole, 'x'], 1, 'VNES7011'],
    [['state', 'why', whole, 'x', '--at', 'frame:3'], 1, 'VNES7012'],
    [['state', 'scan', whole, 'nothing/'], 1, 'VNES7011'],
    [['state', 'diff', whole, '--to', '99'], 1, 'VNES7012'],
    [['state', 'scan', whole, '--at', 'noon'], 2, 'VNES7013'],
    [['bus', 'log', whole, '--topic', 'e.f.v1'], 1, 'VNES7002'],
    [['bus', 'log', whole, '--from', '5'], 1, 'VNES7012'],
    [['bus', 'log', whole, '--from', '-1'], 2, 'VNES9006'],
    [['bus', 'log', whole, '--limit', '0'], 2, 'VNES9006'],
  ])('%j exits with %i and %s', async (args, exitCode, code) => {
    expect(await runJson(args)).toMatchObject({ exitCode, diagnostics: [{ code }] });
  });
});
