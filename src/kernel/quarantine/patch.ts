import { isUtf8 } from 'node:buffer';
import { LIMITS } from '../../base/limits.ts';

/** The unified difference of two texts, or why there is none. */
export interface Patch {
  /** Hunks with `@@` lines, as `diff -u` prints them below its head. */
  readonly lines?: readonly string[];
  readonly unshown?: string;
}

/** Lines of context round a change. */
const CONTEXT = 3;

/** Compares two contents line by line; null stands for bytes that were not kept. */
export async function patchOf(
  path: string,
  before: Uint8Array | null,
  after: Uint8Array | null,
): Promise<Patch> {
  if (!before || !after) return { unshown: 'its bytes were not kept' };
  if (Math.max(before.length, after.length) > LIMITS.diffBytes)
    return { unshown: `larger than ${LIMITS.diffBytes} bytes` };
  if (!isText(before) || !isText(after)) return { unshown: 'not a text' };
  return compare(path, text(before), text(after));
}

/** The package is loaded only where there is something to compare. */
async function compare(path: string, before: string, after: string): Promise<Patch> {
  if (before === after) return { lines: [] };
  const { formatPatch, OMIT_HEADERS, structuredPatch } = await import('diff');
  const options = { context: CONTEXT, maxEditLength: LIMITS.diffLines };
  const patch = structuredPatch(path, path, before, after, undefined, undefined, options);
  if (!patch) return { unshown: `more than ${LIMITS.diffLines} lines differ` };
  const lines = formatPatch(patch, OMIT_HEADERS).split('\n');
  return { lines: lines.at(-1) === '' ? lines.slice(0, -1) : lines };
}

function isText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
