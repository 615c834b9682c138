import { existsSync } from 'node:fs';
import path from 'node:path';
import { besideTrust, fromOption } from './policy/load.ts';
import type { PolicyTrust } from './policy/model.ts';
import type { RootTrust } from './root/model.ts';
import { POLICY_FILE, WAIVERS_FILE } from './trust-places.ts';
import { readSource, type TrustSource } from './trust-source.ts';
import { loadWaivers } from './waivers/load.ts';
import type { WaiverTrust } from './waivers/model.ts';

/** Where the policy and the waivers come from, if not from beside the trust file. */
export interface GovernanceOptions {
  /** A policy that takes the place of the one beside the trust file, whether or not that one is pinned. */
  readonly policy?: string | undefined;
  /** Waivers that take the place of those beside the trust file. They count as those would. */
  readonly waivers?: string | undefined;
  /** The files as they stand in a commit, instead of those on disk. */
  readonly beside?:
    | { readonly policy?: TrustSource | undefined; readonly waivers?: TrustSource | undefined }
    | undefined;
}

export interface Governance {
  readonly policy?: PolicyTrust;
  readonly waivers?: WaiverTrust;
}

/**
 * What is asked of capsules and what is let pass. `places` are trust files, or where they could be, the nearest first; what lies
 * beside them counts as `root` says.
 * @throws Failure VNES1010 for an option that names no file; VNES10xx, VNES3004, VNES3005 for a bad policy; VNES10xx, VNES2033,
 *   VNES3010 for bad waivers.
 */
export async function loadGovernance(
  { policy, waivers, beside = {} }: GovernanceOptions,
  places: readonly string[],
  root: RootTrust | undefined,
  cwd: string,
): Promise<Governance> {
  const asked =
    policy === undefined
      ? await besideTrust(beside.policy ?? besides(places, POLICY_FILE), root, expected(root))
      : await fromOption(readSource(path.resolve(cwd, policy), 'policy'));
  const passing =
    waivers === undefined
      ? (beside.waivers ?? besides(places, WAIVERS_FILE))
      : readSource(path.resolve(cwd, waivers), 'list of waivers');
  return {
    ...(asked ? { policy: asked } : {}),
    ...(passing ? { waivers: loadWaivers(passing, root) } : {}),
  };
}

function besides(places: readonly string[], name: string): TrustSource | undefined {
  const file = places.map(place => path.join(path.dirname(place), name)).find(each => existsSync(each));
  return file === undefined
    ? undefined
    : readSource(file, name === POLICY_FILE ? 'policy' : 'list of waivers');
}

/** Where the policy would lie that a root pins; its name may be that of a file in a commit. */
function expected(root: RootTrust | undefined): string {
  return (root?.file ?? '').replace(/[^/:]*$/, POLICY_FILE);
}
