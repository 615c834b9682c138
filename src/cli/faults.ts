import type { Code } from '../base/codes/all.ts';
import { type Diagnostic, diagnose, type Failure } from '../base/diagnostic.ts';
import { errorCode } from '../base/system-error.ts';

/** Errors of the system calls behind file access: what they mean to the person who typed the path. */
const PATH_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'goes through something that is not a folder',
  EISDIR: 'is a folder, where a file was expected',
  EACCES: 'may not be accessed',
  EPERM: 'may not be changed',
  ELOOP: 'goes through too many symbolic links',
  ENAMETOOLONG: 'is too long a name',
  EEXIST: 'exists already',
  ENOTEMPTY: 'is not empty',
};

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EIO: 'the device reports an input or output error',
  ENOMEM: 'there is not enough memory',
  EAGAIN: 'there are not enough resources to start a process',
};

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
}

/** What an error that ended a command means to the user. Never a stack trace. */
export function toDiagnostics(error: unknown): readonly Diagnostic[] {
  if (isFailure(error)) return error.diagnostics;
  if (isDatabaseError(error)) return [ofDatabase(error)];
  if (isSystemError(error)) {
    const found = systemDiagnostic(error);
    if (found) return [found];
  }
  return [bug(error)];
}

/** By shape, because a command in another chunk of the bundle has a Failure class of its own. */
function isFailure(error: unknown): error is Failure {
  return error instanceof Error && error.name === 'Failure' && 'diagnostics' in error;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error;
}

interface DatabaseError extends Error {
  readonly errcode: number;
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error;
}

/** SQLITE_FULL. */
const FULL = 13;

/** What SQLite refuses is no index that vnes has built, whatever its checksum says; or the disk has no room for one. */
function ofDatabase({ errcode, message }: DatabaseError): Diagnostic {
  if (errcode === FULL) return diagnose('VNES9020', SYSTEM_ERRORS.ENOSPC!, { found: message });
  return diagnose('VNES8011', 'the index of the recording cannot be read', {
    expected: 'what vnes builds from the journal',
    found: message,
    help: 'remove index.sqlite and index.json, which are built anew, and look at the recording: vnes fsck RECORDING',
  });
}

function systemDiagnostic(error: SystemError): Diagnostic | undefined {
  const code = errorCode(error) ?? error.code;
  const path = PATH_ERRORS[code];
  // A read of an open descriptor does not know its path.
  if (path) return placed('VNES1010', `${error.path ?? 'a path'} ${path}`, error);
  const system = SYSTEM_ERRORS[code];
  return system ? placed('VNES9020', system, error) : undefined;
}

function placed(code: Code, message: string, error: SystemError): Diagnostic {
  return diagnose(code, message, { place: { file: error.path }, found: errorCode(error) });
}

function bug(error: unknown): Diagnostic {
  const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return diagnose('VNES9099', `a bug in vnes: ${told.split('\n')[0]}`, {
    help: 'please report this line and the command (CONTRIBUTING.md says how); VNES_DEBUG=1 adds the stack trace',
  });
}
