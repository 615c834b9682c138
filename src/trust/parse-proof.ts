import { decodeBase64 } from '../base/base64.ts';
import { type Diagnostic, fail } from '../base/diagnostic.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import { parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { compareUtf8 } from '../base/order.ts';
import { refuseViolations } from '../base/schema.ts';
import { parseUtc } from '../base/time.ts';
import type { Walk } from '../capsule/inventory.ts';
import { foldName, judgeName } from '../capsule/names.ts';
import { MANIFEST_FILE, RECEIPT_FILE, type TreeFile } from '../capsule/tree.ts';
import { type ProofDocument, validateProof } from '../generated/proof.js';
import { contradictionInFacts } from './change/contradictions.ts';
import type { GitFacts } from './change/facts.ts';
import { type GitDocument, statedFacts } from './change/parse.ts';
import { PROOF_DOCUMENTS } from './proof.ts';
import { statedTrust } from './proof-trust.ts';
import type { TrustStore } from './store.ts';

/** A proof of a thousand large capsules; a receipt alone may have 4 MiB. */
const PROOF_BYTES = 512 * 1024 * 1024;

/** A proof, read once: what `verify` had before it, and what it made of it. */
export interface Proof {
  readonly document: ProofDocument;
  readonly trust: TrustStore;
  readonly capsules: readonly StatedCapsule[];
  /** What was gathered, if the capsules are those of git. */
  readonly facts?: GitFacts;
}

export interface StatedCapsule {
  readonly folder: string;
  readonly walk: Walk;
  readonly stated: ProofDocument['capsules'][number]['verdict'];
}

/**
 * A proof from its bytes. Says nothing about whether it holds.
 * @throws Failure VNES1001 to VNES1007 for what is not strict JSON; VNES2701 for what is no proof, or one that contradicts itself;
 *   VNES2033 for an unsafe key; VNES3004 and VNES3005 for a policy, VNES3010 for waivers that are none.
 */
export async function parseProof(bytes: Uint8Array, file: string): Promise<Proof> {
  const value = parseJson(bytes, { file, maxBytes: PROOF_BYTES });
  refuseViolations(validateProof(value), { file, bytes }, 'VNES2701');
  const document = value as unknown as ProofDocument;
  const trust = await statedTrust(document, file);
  const capsules = document.capsules.map((capsule, index) => ({
    folder: capsule.folder,
    walk: statedWalk(capsule, `/capsules/${index}`, file),
    stated: capsule.verdict,
  }));
  if (document.git)
    return { document, trust, capsules, facts: factsOf(document, document.git, capsules, file) };
  if (capsules.length === 0) refuse('there are no capsules', '/capsules', file);
  if (document.capsules.some(({ changes }) => changes)) refuse('changes without git', '/capsules', file);
  return { document, trust, capsules };
}

function factsOf(
  { capsules, time }: ProofDocument,
  git: GitDocument,
  stated: readonly StatedCapsule[],
  file: string,
): GitFacts {
  const past = git.past.map((each, index) => ({
    folder: each.folder,
    walk: statedWalk(each, `/git/past/${index}`, file),
  }));
  const changed = capsules.map(({ folder, changes }, index) => {
    const told = changes ?? refuse('a capsule in git without its changes', `/capsules/${index}`, file);
    return { folder, walk: stated[index]!.walk, changes: told };
  });
  const at = time === null ? undefined : parseUtc(time);
  const facts = statedFacts(git, { capsules: changed, past }, at, why => refuse(why, '/git', file));
  const contradiction = contradictionInFacts(facts);
  return contradiction === undefined ? facts : refuse(contradiction, '/git', file);
}

function statedWalk(
  { files, problems, imports, documents }: GitDocument['past'][number],
  pointer: string,
  file: string,
): Walk {
  const kept = new Map<string, Uint8Array>();
  for (const [path, text] of Object.entries(documents)) {
    const bytes = decodeBase64(text);
    kept.set(path, bytes ?? refuse(`the bytes of ${path} are broken base64`, `${pointer}/documents`, file));
  }
  const listed = files.map(({ path, mode, size, sha256 }) => ({
    path,
    mode,
    size,
    sha256: sha256 as Digest,
  }));
  const walk: Walk = {
    files: listed,
    kept,
    problems: problems as unknown as readonly Diagnostic[],
    imports: imports as unknown as Walk['imports'],
  };
  const contradiction = contradictionIn(walk);
  return contradiction === undefined ? walk : refuse(contradiction, pointer, file);
}

function refuse(message: string, pointer: string, file: string): never {
  return fail('VNES2701', message, {
    place: { file, pointer },
    expected: 'a proof as vnes verify --proof writes it',
    help: 'make it anew: vnes verify --proof FILE',
  });
}

/** Why no walk can have found this, or undefined. What vnes verify refuses on disk would otherwise slip in by way of a proof. */
function contradictionIn({ files, kept, problems }: Walk): string | undefined {
  const disorder = files.find(
    (file, index) => index > 0 && compareUtf8(files[index - 1]!.path, file.path) >= 0,
  );
  if (disorder) return `the file ${JSON.stringify(disorder.path)} is not in its place, or listed twice`;
  const odd = files.find(({ path }) => path === RECEIPT_FILE || !isGoodPath(path));
  if (odd) return `${JSON.stringify(odd.path)} cannot be the path of a capsule's file`;
  if (problems.length === 0 && foldsToOne(files)) return 'file names fold to one, and no problem says so';
  if (problems.length === 0 && files.length === 0) return 'a capsule without files, and no problem says so';
  return (
    [...kept]
      .map(([path, bytes]) => documentProblem(path, bytes, files))
      .find(problem => problem !== undefined) ?? missingDocument(files, kept)
  );
}

/** Whether two names, of files or of the folders above them, are one where case and Unicode forms do not count. */
function foldsToOne(files: readonly TreeFile[]): boolean {
  const names = new Map<string, string>();
  return files.some(({ path }) => {
    const parts = path.split('/');
    return parts.some((_, depth) => {
      const name = parts.slice(0, depth + 1);
      const folded = name.map(foldName).join('/');
      const known = names.get(folded) ?? name.join('/');
      names.set(folded, known);
      return known !== name.join('/');
    });
  });
}

function isGoodPath(path: string): boolean {
  return path.split('/').every(name => judgeName(Buffer.from(name, 'utf8')).expected === undefined);
}

function documentProblem(path: string, bytes: Uint8Array, files: readonly TreeFile[]): string | undefined {
  if (!PROOF_DOCUMENTS.includes(path)) return `${JSON.stringify(path)} is no document that a check reads`;
  if (path === RECEIPT_FILE) return undefined;
  const listed = files.find(file => file.path === path);
  if (listed?.size === bytes.length && listed.sha256 === sha256(bytes)) return undefined;
  return `the bytes of ${path} are not those of the file of that name`;
}

/** Without the manifest's bytes the verdict would be about less than the capsule. */
function missingDocument(
  files: readonly TreeFile[],
  kept: ReadonlyMap<string, Uint8Array>,
): string | undefined {
  const listed = files.find(({ path }) => path === MANIFEST_FILE);
  const needed = listed !== undefined && listed.size <= LIMITS.documentBytes && !kept.has(MANIFEST_FILE);
  return needed ? `the bytes of ${MANIFEST_FILE} are missing` : undefined;
}
