import { type Diagnostic, diagnose } from '../base/diagnostic.ts';

/** The diagnostic of a path that does not exist. */
export function missing(shown: string): Diagnostic {
  return pathProblem(shown, 'nothing there');
}

/** The diagnostic of a path that the system does not let us look at; `error` is Node's. */
export function unreadable(shown: string, error: unknown): Diagnostic {
  return pathProblem(
    shown,
    `the system says ${error instanceof Error && 'code' in error ? error.code : 'no reason'}`,
  );
}

function pathProblem(shown: string, found: string): Diagnostic {
  return diagnose('VNES1010', `${JSON.stringify(shown)} does not exist or cannot be read`, {
    place: { file: shown },
    expected: 'a path that exists and may be read',
    found,
    help: 'check the spelling and the permissions',
  });
}
