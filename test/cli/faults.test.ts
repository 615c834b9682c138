import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diagnose, exitOf, Failure } from '../../src/base/diagnostic.ts';
import { toDiagnostics } from '../../src/cli/faults.ts';

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('what an error that ends a command becomes', () => {
  test('a failure keeps its diagnostics, of whichever copy of the class it is', () => {
    const diagnostics = [diagnose('VNES1002', 'one'), diagnose('VNES1003', 'two')] as const;
    expect(toDiagnostics(new Failure(...diagnostics))).toEqual(diagnostics);
    const copy = Object.assign(new Error('VNES1002 one'), { name: 'Failure', diagnostics });
    expect(toDiagnostics(copy)).toEqual(diagnostics);
  });

  test.each([
    ['a missing file', () => readFileSync('/does/not/exist'), 'VNES1010', '/does/not/exist does not exist'],
    ['a path through a file', () => readFileSync('/etc/passwd/x'), 'VNES1010', 'not a folder'],
    ['a folder as a file', () => writeFileSync('/tmp', ''), 'VNES1010', 'is a folder'],
    ['a full device', () => writeFileSync('/dev/full', 'x'), 'VNES9020', 'no space left'],
  ])('%s', (_, action, code, message) => {
    const [diagnostic] = toDiagnostics(thrownBy(action));
    expect(diagnostic).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test.each([
    ['an error of our own', new TypeError('x is not a function\n    at secret')],
    ['a string', 'thrown'],
    ['nothing', undefined],
    ['a coded error that is not of the system', Object.assign(new Error('x'), { code: 'ENOENT' })],
  ])('%s is a bug: exit status 3, one line, no stack', (_, error) => {
    const diagnostics = toDiagnostics(error);
    expect(diagnostics).toMatchObject([{ code: 'VNES9099', help: expect.stringContaining('report') }]);
    expect(diagnostics[0]?.message).not.toContain('\n');
    expect(exitOf(diagnostics)).toBe('bug');
  });
});
