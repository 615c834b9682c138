import { existsSync } from 'node:fs';
import { canonicalJson } from '../base/canonical.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import type { Before, IngressEvent } from '../kernel/ingress.ts';
import { readSnapshot } from '../kernel/snapshot-file.ts';
import { Taken } from '../kernel/taken.ts';
import { basePath } from '../store/base.ts';
import { askedPoint, branchOf, type Fork, hasJournal, lineageOf, writeBranch } from '../store/branch.ts';
import { readJournal } from '../store/read.ts';
import type { FrameRecord } from '../store/record.ts';
import { surveyJournal } from '../store/survey.ts';
import { branchFolder } from './branches.ts';
import { findingProblem } from './fsck-problems.ts';

/** The branch on which a run that was cut off goes on, and the point that it says it was asked for. */
export const RESUMED = 'resumed';
const CUT = 'the cut';

/**
 * The branch on which the run in `dir` goes on, which was cut off: after its last whole frame. What a crash left of a later one stays where
 * it is, for a journal has one writer in its life. Made when it is not there yet.
 * @throws Failure VNES8003 for damage in what had been acknowledged, VNES8060 when there is nothing to go on with
 */
export function resumable(dir: string): string {
  const branch = branchFolder(dir, RESUMED);
  const fork = cutOffAt(dir);
  if (!existsSync(branch)) writeBranch(branch, fork, CUT);
  const known = branchOf(branch)?.fork;
  if (known?.head === fork.head && !hasJournal(branch)) return branch;
  return nothing(
    dir,
    'it was resumed already',
    `go on with the resumed run, if that was cut off too: vnes run --resume ${branch}`,
  );
}

/** The end of the last frame that can be proven. */
function cutOffAt(dir: string): Fork {
  let fork: Fork | undefined;
  let frames = 0;
  let events = 0;
  const { provable, findings, fresh } = surveyJournal(dir, ({ record, number, chain, base }) => {
    if (base && record.type === 'snapshot') ({ frames, events } = record);
    if (record.type === 'frame') {
      frames += 1;
      events += record.ingress.length + record.published.length;
    }
    fork = { records: number + 1, head: chain, frames, events };
  });
  const damage = findings.find(({ acknowledged }) => acknowledged);
  if (damage) throw new Failure(findingProblem(damage, provable));
  if (provable.sealed)
    nothing(dir, 'the run came to its end', `go on from a branch: vnes branch create NAME ${dir} --at end`);
  if (fresh || !fork) nothing(dir, 'the run did not begin', 'run it: vnes run --help');
  return fork!;
}

function nothing(dir: string, found: string, help: string): never {
  fail('VNES8060', 'there is no run to resume here', {
    place: { file: dir },
    expected: 'a recording that was cut off: without a seal',
    found,
    help,
  });
}

/** Where the run began that goes on in `dir`, and what had been taken before: of a run on a branch, what it goes on from. */
export interface RunStart {
  readonly frames: number;
  readonly before: Before;
}

/** The beginning of the run that was cut off and goes on in the branch `dir`, maybe not for the first time. @throws Failure VNES80xx */
export function runStart(dir: string): RunStart {
  const layers = lineageOf(dir);
  const own = layers
    .slice(0, -1)
    .findLastIndex(({ dir: layer }, index) => index === 0 || askedPoint(layer) !== CUT);
  const start = layers[own - 1]?.until;
  const taken = new Taken();
  if (!start) return { frames: 0, before: { time: 0, ids: taken.ids } };
  for (const { record, number, base, dir: layer } of readJournal(dir)) {
    if (number >= start.records) break;
    if (base) beginWith(taken, layer);
    if (record.type === 'frame') taken.add(record);
  }
  return { frames: start.frames, before: { time: taken.last?.time ?? 0, ids: taken.ids } };
}

function beginWith(taken: Taken, dir: string): void {
  const { body, ids } = readSnapshot(basePath(dir));
  taken.begin(body.taken, ids);
}

/** The rest of an input of which a run has taken the beginning. */
export interface Rest {
  /** @throws Failure VNES8061 when the run took other events than the input begins with */
  take(record: FrameRecord): void;
  left(): readonly IngressEvent[];
}

/** Holds an input against what a run has taken of it. `file` is what diagnostics call it. */
export function restOf(input: readonly IngressEvent[], file: string): Rest {
  let taken = 0;
  return {
    take: ({ ingress }) => {
      for (const event of ingress) {
        if (event.source !== 'ingress') continue;
        const given = input[taken];
        if (textOf(event) !== (given && textOf(given))) otherInput(file, taken, event, given);
        taken += 1;
      }
    },
    left: () => input.slice(taken),
  };
}

function textOf({ topic, time, key, payload }: Omit<IngressEvent, 'source'>): string {
  return canonicalJson({ topic, time, key, payload });
}

function otherInput(
  file: string,
  taken: number,
  event: Omit<IngressEvent, 'source'>,
  given: IngressEvent | undefined,
): never {
  fail('VNES8061', `the input is not the one of the run: event ${taken} of it is another`, {
    place: { file },
    expected: textOf(event),
    found: given ? textOf(given) : 'the end of the input',
    help: 'give the whole input that the run was started with',
  });
}
