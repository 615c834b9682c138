import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createJournal } from '../../src/store/journal.ts';
import { surveyJournal } from '../../src/store/survey.ts';
import { seeded } from './faults/sim-disk.ts';
import { codeOf, folder } from './recording.ts';

const HERE = import.meta.dirname;
const WRITER = `
  import { writeSync } from 'node:fs';
  import { createJournal } from ${JSON.stringify(join(HERE, '../../src/store/journal.ts'))};
  import { HEADER, event, frame } from ${JSON.stringify(join(HERE, 'recording.ts'))};
  const journal = createJournal(process.argv[1], { segmentBytes: 4000 });
  journal.append([HEADER]);
  for (let number = 0; ; number += 1) {
    journal.append([frame(number, { ingress: [event(number)] }), { type: 'boot', stage: 6, event: 'x', detail: {} }]);
    writeSync(1, number + '\\n');
  }`;

/** Lets a process record until it has said so much, kills it without warning, and returns the last frame that it was told is durable. */
function killedAfter(dir: string, bytes: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, dir]);
  let said = '';
  let complaints = '';
  child.stderr.on('data', chunk => {
    complaints += chunk;
  });
  child.stdout.on('data', chunk => {
    said += chunk;
    if (said.length >= bytes) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(complaints));
      else resolve(Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1)));
    });
  });
}

it('a writer that is killed at any time leaves all that it was told is durable, no damage and no lock', async () => {
  const chance = seeded(Number(process.env.VNES_SEED) || 1);
  for (let round = 0; round < 4; round += 1) {
    const dir = folder();
    const last = await killedAfter(dir, 10 + chance(2000));
    let frames = 0;
    const { findings, provable } = surveyJournal(dir, ({ record }) => {
      if (record.type === 'frame') frames += 1;
    });
    expect(frames).toBeGreaterThan(last);
    expect(findings.filter(({ acknowledged }) => acknowledged)).toEqual([]);
    expect(provable).toMatchObject({ frames, events: frames, sealed: false });
    expect(await codeOf(() => createJournal(dir))).toBe('VNES8006');
  }
});
