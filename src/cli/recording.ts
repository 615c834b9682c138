import { type Diagnostic, diagnose, warn } from '../base/diagnostic.ts';
import { recordingAt } from '../lab/branches.ts';
import { type Beginning, beginningOf } from '../state/point.ts';
import { openIndex, type RecordingIndex } from '../store/index.ts';
import type { Context, Result } from './command.ts';

/** The folder of a recording as people name it: a path, or `PATH@BRANCH`. @throws Failure VNES8030, VNES8033 */
export function recordingFolder({ ports }: Context, shown: string): string {
  return recordingAt(ports.env.cwd, shown);
}

/**
 * Answers a question about a recording from its index. A recording without a seal is answered too, for looking into a run that
 * broke off, but never with a good exit status.
 * @throws Failure VNES8001, VNES8003, VNES8004 before anything is answered.
 */
export async function askRecording(
  context: Context,
  shown: string,
  answer: (index: RecordingIndex) => Result,
): Promise<Result> {
  const index = await openIndex(recordingFolder(context, shown));
  try {
    const result = answer(index);
    const { sealed, fresh } = index.end;
    const more = [...(sealed || fresh ? [] : [unsealed(shown, index)]), ...begun(shown, index)];
    return { ...result, diagnostics: [...result.diagnostics, ...more] };
  } finally {
    index.close();
  }
}

/** Whoever asks a recording whose history was dropped is told so, whatever the answer. */
function begun(shown: string, { database }: RecordingIndex): Diagnostic[] {
  const base = beginningOf(database);
  return base ? [droppedHistory(shown, base)] : [];
}

/** Says that an answer about a recording leaves out what was dropped of it. */
export function droppedHistory(shown: string, { frames, events }: Beginning): Diagnostic {
  return warn('VNES7014', `what ${shown} held before frame ${frames} was dropped`, {
    place: { file: shown },
    found: `the answer knows event ${events} and what came after it, and the state before it`,
  });
}

function unsealed(shown: string, { end }: RecordingIndex): Diagnostic {
  return diagnose('VNES8002', 'the recording has no seal: the run did not finish, or its end was cut off', {
    place: { file: shown },
    expected: 'a seal as the last record',
    found: `${end.records} intact records and no seal`,
    help: 'the answer is right for these records only; record the run again with `vnes run`',
  });
}
