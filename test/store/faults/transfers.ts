import { Failure } from '../../../src/base/diagnostic.ts';
import { fsck } from '../../../src/lab/fsck.ts';
import { exportRecording, importRecording } from '../../../src/lab/transfer.ts';
import { recordSmall, someFrames } from '../../lab/small.ts';
import { failure, SimDisk, seeded } from './sim-disk.ts';

const FROM = '/runs/one';
const FILE = '/out/run.vnes';
const TO = '/in/two';

/** A disk with a recording on it, and room for what is made of it. */
function prepared(): SimDisk {
  const disk = new SimDisk();
  recordSmall(FROM, someFrames(3), { disk });
  for (const folder of ['/out', '/in']) disk.makeFolder(folder);
  return disk.copy();
}

/** Exports and imports. */
async function transfer(disk: SimDisk): Promise<void> {
  await exportRecording(FROM, FILE, disk);
  await importRecording(FILE, TO, disk);
}

/** What is wrong with what an export and an import left: each is there whole or not at all. */
async function halfMade(disk: SimDisk, whole: Buffer): Promise<string | undefined> {
  const files = disk.files();
  if (files.includes(FILE) && !disk.bytes(FILE).equals(whole)) return 'half an export';
  if (!disk.list('/in').includes('two')) return undefined;
  const { diagnostics } = await fsck(TO, disk);
  return diagnostics[0] && `half an import: ${diagnostics[0].message}`;
}

/** The export of the recording, from a disk without faults. */
export async function exported(): Promise<Buffer> {
  const disk = prepared();
  await transfer(disk);
  return disk.bytes(FILE);
}

/** Lets the power fail after every operation, `each` times. Returns the number of states. */
export async function transferCuts(seed: number, each: number): Promise<number> {
  const whole = await exported();
  const chance = seeded(seed);
  const disk = prepared();
  const states: SimDisk[] = [];
  disk.after = () => {
    for (let cut = 0; cut < each; cut += 1) states.push(disk.crash(chance));
  };
  await transfer(disk);
  for (const [index, state] of states.entries()) {
    const problem = await halfMade(state, whole);
    if (problem !== undefined) throw new Error(`${problem} (seed ${seed}, state ${index})`);
  }
  return states.length;
}

/** Lets every operation fail once, each in a transfer of its own. Returns how many there were. */
export async function transferFaults(code: string): Promise<number> {
  const whole = await exported();
  for (let call = 1; ; call += 1) {
    const disk = prepared();
    let calls = 0;
    disk.before = () => {
      calls += 1;
      if (calls === call) throw failure(code);
    };
    const ended = await outcomeOf(transfer(disk));
    if (calls < call) return call - 1;
    disk.before = () => {};
    const problem = await halfMade(disk.copy(), whole);
    const left = disk.files().filter(path => path.includes('.partial'));
    if (problem !== undefined || left.length > 0 || ended === 'a bug')
      throw new Error(`${problem ?? ended}, left ${left} (${code} at call ${call})`);
  }
}

async function outcomeOf(work: Promise<void>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return error instanceof Failure ? error.diagnostics[0].code : 'a bug';
  }
}
