import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import type { RootTrust } from '../root/model.ts';
import type { TrustSource } from '../trust-source.ts';
import type { Check } from '../verdict.ts';
import { isAbout, judgeWaiver } from './judge.ts';
import type { WaivedSubject, WaiverEntry, WaiversDocument, WaiverTrust } from './model.ts';
import { parseWaivers } from './parse.ts';

/** The waivers of a file, and who makes them count. @throws Failure VNES10xx, VNES2033, VNES3010 for a file that is none. */
export function loadWaivers({ file, bytes }: TrustSource, root: RootTrust | undefined): WaiverTrust {
  return statedWaivers(parseWaivers(parseJson(bytes, { file }), bytes, file), file, root);
}

/** As {@link loadWaivers}, from plain data that was parsed. */
export function statedWaivers(
  document: WaiversDocument,
  file: string,
  root: RootTrust | undefined,
): WaiverTrust {
  const decide = (check: Check, subject: WaivedSubject) => {
    const fitting = document.waivers.filter(({ waiver }) => isAbout(waiver, check.id, subject));
    return fitting.reduce((each, entry) => weighed(each, entry, file, root, subject), check);
  };
  return { file, document, decide };
}

/** The check after one more waiver: let pass, or with a note why this one does not do that. */
function weighed(
  check: Check,
  entry: WaiverEntry,
  file: string,
  root: RootTrust | undefined,
  subject: WaivedSubject,
): Check {
  if (check.result === 'waived') return check;
  const { id, reason, owner, expires } = entry.waiver;
  const judged = judgeWaiver(entry, root, subject.id);
  if (judged.problem !== undefined)
    return { ...check, diagnostics: [...(check.diagnostics ?? []), voidNote(entry, judged.problem, file)] };
  const by = judged.by;
  return {
    ...check,
    result: 'waived',
    evidence: `${check.evidence ?? ''}; waived by ${id}: ${reason} (${owner}, until ${expires}; signed by ${by.join(', ')})`,
    waiver: { id, reason, owner, expires, by },
  };
}

function voidNote({ waiver }: WaiverEntry, problem: string, file: string): Diagnostic {
  const told = diagnose('VNES3011', `the waiver ${waiver.id} does not count: ${problem}`, {
    place: { file },
    expected: 'a waiver in force, signed by enough of those who may waive',
    found: waiver.reason,
    help: `let it be signed: vnes waive --add ${waiver.id} --key NAME; or write a new one: vnes waive --help`,
  });
  return { ...told, severity: 'note' };
}
