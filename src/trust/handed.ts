import type { PolicyTrust, StatedPolicy } from './policy/model.ts';
import { PublicKey } from './public-key.ts';
import type { TrustStore } from './store.ts';
import type { WaiverTrust } from './waivers/model.ts';

/** Data that can be handed to another thread: no functions, and no classes. */
type Plain<T> = T extends (...args: never) => unknown
  ? never
  : T extends object
    ? { readonly [Name in keyof T]: Plain<T[Name]> }
    : T;

/** The members that are more than data, and are made anew from data. */
type Made = 'keys' | 'policy' | 'waivers';

/**
 * A trust store as data. It is what was decided from the trust files, so that whoever takes it reads no file again. A member that is
 * more than data does not compile in `rest`; it needs a plain form here, from which {@link takeTrust} makes it.
 */
export interface HandedTrust {
  readonly keys: readonly HandedKey[];
  readonly policy: StatedPolicy | undefined;
  readonly waivers: Pick<WaiverTrust, 'file' | 'document'> | undefined;
  readonly rest: Plain<Omit<TrustStore, Made>>;
}

interface HandedKey {
  readonly name: string;
  readonly public_key: string;
  readonly namespaces: readonly string[];
}

/** What another thread needs to trust the same. */
export function handTrust({ keys, policy, waivers, ...rest }: TrustStore): HandedTrust {
  return {
    keys: keys.map(({ name, key, namespaces }) => ({ name, public_key: key.base64, namespaces })),
    policy: policy && stated(policy),
    waivers: waivers && { file: waivers.file, document: waivers.document },
    rest,
  };
}

function stated({ source, file, document, problems }: PolicyTrust): StatedPolicy {
  return { source, file, document, problems };
}

/** The store that was handed over. */
export async function takeTrust({ keys, policy, waivers, rest }: HandedTrust): Promise<TrustStore> {
  return {
    ...rest,
    keys: keys.map(({ public_key, ...entry }) => ({ ...entry, key: PublicKey.fromBase64(public_key) })),
    ...(policy && { policy: await askable(policy) }),
    ...(waivers && { waivers: await deciding(waivers, rest.root) }),
  };
}

async function askable(policy: StatedPolicy): Promise<PolicyTrust> {
  const { preparePolicy } = await import('./policy/load.ts');
  return preparePolicy(policy);
}

async function deciding(
  { file, document }: NonNullable<HandedTrust['waivers']>,
  root: TrustStore['root'],
): Promise<WaiverTrust> {
  const { statedWaivers } = await import('./waivers/load.ts');
  return statedWaivers(document, file, root);
}
