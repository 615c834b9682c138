import { type Diagnostic, diagnose } from '../base/diagnostic.ts';

/** The diagnostic of a link that discovery does not follow, on disk or in git. */
export function linkProblem(shown: string): Diagnostic {
  return diagnose('VNES4003', 'a symbolic link to a folder is not followed', {
    place: { file: shown },
    expected: 'plain folders only, or a link that is named itself',
    found: 'a symbolic link to a folder, or a broken one',
    help: `name it as an argument (${shown}) if its capsules are meant, or remove it`,
  });
}
