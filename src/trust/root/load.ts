import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { formatUtc, parseUtc } from '../../base/time.ts';
import { chainProblems } from './chain.ts';
import { rootDigest } from './encode.ts';
import type { RootDocument, RootTrust } from './model.ts';
import { parseRoot, versionsOf } from './parse.ts';
import { type Memory, remember, replacementProblems, rollbackProblems } from './seen.ts';

export interface RootSource {
  /** As diagnostics call it. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** `bytes` as strict JSON. */
  readonly value: JsonValue;
}

export interface RootOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What was seen before; without it neither rollback nor replacement can be told. */
  readonly memory?: Memory | undefined;
}

/**
 * Reads a trust root and decides whether it counts: its signatures through all versions, its expiry, and that it is not older than
 * what was seen before. Only a root without problems is remembered.
 * @throws Failure for what is no trust root at all: VNES1011, VNES2033, VNES2060; VNES2068 for a damaged record.
 */
export function loadRoot({ file, bytes, value }: RootSource, options: RootOptions): RootTrust {
  const { now, memory } = options;
  const document = parseRoot(value, bytes, file);
  const id = rootDigest(versionsOf(document)[0]!.signed);
  const chain = chainProblems(document, file);
  const problems =
    chain.length > 0
      ? chain
      : [
          ...expiry(document, file, now),
          ...(memory ? replacementProblems(id, memory) : []),
          ...(memory ? rollbackProblems(document, id, file, memory) : []),
        ];
  const root = { file, document, id, digest: rootDigest(document.signed), now, problems };
  const forgotten = problems.length === 0 && memory ? remember(document, id, memory) : undefined;
  return forgotten === undefined ? root : { ...root, forgotten };
}

/** Somebody who keeps newer versions from us can do so only until this one expires (a freeze attack). */
function expiry({ signed }: RootDocument, file: string, now: number): Diagnostic[] {
  if (now < parseUtc(signed.expires)!) return [];
  return [
    diagnose('VNES2063', 'the trust root has expired', {
      place: { file, pointer: '/signed/expires' },
      expected: `a time before ${signed.expires}`,
      found: formatUtc(now),
      help: 'fetch the newest file; or renew it: vnes trust rotate, and have it signed: vnes trust sign --key NAME',
    }),
  ];
}
