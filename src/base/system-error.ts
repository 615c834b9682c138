import { constants } from 'node:os';

/** Errors that Node passes on without a name, such as EDQUOT. */
const UNNAMED = 'UNKNOWN';

/** The name of a system error, such as `ENOENT`; undefined for an error that has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return error.code === UNNAMED ? nameOf(error) : error.code;
}

function nameOf(error: Error): string {
  const number = 'errno' in error ? error.errno : undefined;
  const named = Object.entries(constants.errno).find(([, each]) => -each === number);
  return named?.[0] ?? UNNAMED;
}
