import { canonicalJson } from '../base/canonical.ts';
import { fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { type Ports, toRfc3339 } from '../base/ports.ts';
import { commandLine } from '../base/shell.ts';
import type { Walk } from '../capsule/inventory.ts';
import { capsuleName, type Manifest } from '../capsule/manifest.ts';
import {
  type AuditEvidence,
  PREDICATE_TYPE,
  type Receipt,
  STATEMENT_TYPE,
  type Statement,
} from '../capsule/receipt.ts';
import { parseTier } from '../capsule/tier.ts';
import { BUILD_FILE, inputHash, outputHash, RECEIPT_FILE, treeDigest } from '../capsule/tree.ts';
import { refuseForeign } from './audit-evidence.ts';
import { readBuildNotes } from './build-notes.ts';

/**
 * The statement that a receipt of the walked capsule makes (docs/receipts.md).
 * @throws Failure VNES2050 for a stale build, VNES2055 for evidence about another tree, VNES2053 for a bad `SOURCE_DATE_EPOCH`.
 */
export function makeStatement(
  manifest: Manifest,
  walk: Walk,
  shownAs: string,
  ports: Ports,
  evidence?: AuditEvidence,
): Statement {
  const { id, version } = manifest;
  const { files } = walk;
  const tree = treeDigest(files);
  const tier = parseTier(manifest.capabilities.determinism_tier);
  if (evidence) refuseForeign(evidence, { tree, tier, shownAs });
  const build = readBuildNotes(walk.kept.get(BUILD_FILE), inputHash(files), shownAs);
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: capsuleName(manifest), digest: { sha256: tree.slice('sha256:'.length) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      capsule: { id, version },
      files: files.map(({ path, mode, size, sha256 }) => ({ path, mode, size, sha256 })),
      input_hash: inputHash(files),
      output_hash: outputHash(files),
      determinism_tier: tier,
      ...(evidence ? { audit: evidence } : {}),
      toolchain: build.toolchain,
      environment: { node: ports.env.nodeVersion, platform: ports.env.platform },
      transformations: build.transformations,
      timestamp: signingTime(ports),
    },
  };
}

/**
 * The time of a statement (RFC 3339); `SOURCE_DATE_EPOCH` (seconds) makes receipts reproducible (reproducible-builds.org).
 * @throws Failure VNES2053
 */
export function signingTime({ clock, env }: Ports): string {
  const given = env.get('SOURCE_DATE_EPOCH');
  if (given === undefined) return toRfc3339(clock.now());
  if (!/^[0-9]{1,11}$/.test(given)) {
    fail('VNES2053', 'SOURCE_DATE_EPOCH is not a time', {
      expected: 'seconds since 1970, in digits',
      found: given,
    });
  }
  return toRfc3339(Number(given) * 1000);
}

/** Nobody signs along under a statement that is not true of the capsule as it lies here. */
export function refuseOther(existing: Receipt, now: Statement, shownAs: string): void {
  const facts = ({ subject, predicate }: Statement) => {
    const { environment: _, timestamp: __, audit: ___, ...rest } = predicate;
    return canonicalJson({ subject, ...rest } as unknown as JsonValue);
  };
  if (facts(existing.statement) === facts(now)) return;
  fail('VNES2052', 'the receipt is about another state of the capsule', {
    place: { file: `${shownAs}/${RECEIPT_FILE}` },
    expected: `tree sha256:${now.subject[0]!.digest.sha256}`,
    found: `tree sha256:${existing.statement.subject[0]!.digest.sha256}`,
    help: `write a new receipt: ${commandLine(['vnes', 'sign'], [shownAs])}`,
  });
}
