import path from 'node:path';
import { Failure } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import { RECEIPT_FILE } from '../../capsule/tree.ts';
import { walkCapsule } from '../../capsule/walk.ts';
import { listKeys } from '../../trust/key-folder.ts';
import type { Remedy } from '../../trust/remedy/model.ts';
import { remedyOf } from '../../trust/remedy/remedy.ts';
import type { TrustStore } from '../../trust/store.ts';
import type { Verdict } from '../../trust/verdict.ts';
import { planFor } from './repair.ts';
import type { Sources } from './sources.ts';

export interface RemediesOptions {
  readonly trust: TrustStore;
  readonly ports: Ports;
  readonly sources: Sources;
  /** Options that `vnes verify --fix` needs again, as typed: `--trust FILE`, `--now TIME`. */
  readonly options?: readonly string[];
}

/**
 * What would admit each refused capsule of these verdicts about folders. Looks at the folders again, and for the content that they
 * lack on this machine; changes nothing.
 */
export async function remediesOf(
  verdicts: readonly Verdict[],
  { trust, ports, sources, options = [] }: RemediesOptions,
): Promise<ReadonlyMap<Verdict, Remedy>> {
  const keys = ownKeys(ports);
  // Where nobody is trusted, no receipt is worth looking for content for.
  const hopeless = !trust.root && trust.keys.length === 0;
  const remedies = new Map<Verdict, Remedy>();
  for (const verdict of verdicts.filter(({ admitted }) => !admitted)) {
    const folder = path.resolve(ports.env.cwd, verdict.folder);
    const walk = walkCapsule(folder, { shownAs: verdict.folder });
    const plan = hopeless ? undefined : await planFor(folder, verdict.folder, sources);
    const outlook = plan && ((under: TrustStore) => plan.outlook(under));
    const folderForReceipt = plan?.scan.get(RECEIPT_FILE)?.kind === 'folder';
    const { cwd } = ports.env;
    const remedy = remedyOf(verdict, { trust, walk, outlook, keys, options, folderForReceipt, cwd });
    if (remedy) remedies.set(verdict, remedy);
  }
  return remedies;
}

/** Names of the user's own keys, by the base64 of the public key. A folder that cannot be read holds none. */
export function ownKeys(ports: Ports): ReadonlyMap<string, string> {
  try {
    return new Map(listKeys(ports).map(({ name, public: key }) => [key.base64, name]));
  } catch (error) {
    if (error instanceof Failure) return new Map();
    throw error;
  }
}
