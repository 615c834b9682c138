import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { recordingAt } from '../lab/branches.ts';
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
    return index.end.sealed || index.end.fresh
      ? result
      : { ...result, diagnostics: [...result.diagnostics, unsealed(shown, index)] };
  } finally {
    index.close();
  }
}

function unsealed(shown: string, { end }: RecordingIndex): Diagnostic {
  return diagnose('VNES8002', 'the recording has no seal: the run did not finish, or its end was cut off', {
    place: { file: shown },
    expected: 'a seal as the last record',
    found: `${end.records} intact records and no seal`,
    help: 'the answer is right for these records only; record the run again with `vnes run`',
  });
}
