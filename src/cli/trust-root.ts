import { existsSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { formatUtc } from '../base/time.ts';
import { readPublicKey } from '../trust/key-folder.ts';
import { changesOf, type PinnedPolicies } from '../trust/root/changes.ts';
import {
  drafted,
  openSignatures,
  openWorkshop,
  saveDraft,
  signedBy,
  type Workshop,
} from '../trust/root/draft.ts';
import { rootDigest } from '../trust/root/encode.ts';
import type { RootDocument, SignedRoot } from '../trust/root/model.ts';
import { pinnedPolicy } from '../trust/root/policy-files.ts';
import type { Signer } from '../trust/signer.ts';
import { configFolder } from '../trust/store.ts';
import { placeOf, TRUST_FILE, trustPlaces } from '../trust/trust-places.ts';
import type { Context, OptionSpec, OptionValues, Result } from './command.ts';
import { KEY_OPTIONS, openKey } from './signing-key.ts';
import { NOW_OPTION, timeOption } from './time-option.ts';

const DAY = 24 * 60 * 60 * 1000;
const DEFAULT_DAYS = 365;

/** The file of the trust root. */
export const ROOT_OPTION: OptionSpec = {
  name: 'root',
  value: 'FILE',
  help: `the trust root; by default the nearest ${TRUST_FILE} from here up to the repository's top`,
};

/** The keys that sign what a command drafts. */
const SIGNER_OPTIONS: readonly OptionSpec[] = KEY_OPTIONS.map(option =>
  option.name === 'key'
    ? { ...option, multiple: true, help: 'key that signs at once; may be repeated' }
    : option,
);

/** The options of every command that drafts or signs. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [ROOT_OPTION, ...SIGNER_OPTIONS, NOW_OPTION];

export const EXPIRY_OPTIONS: readonly OptionSpec[] = [
  { name: 'expires', value: 'TIME', help: 'when it expires, such as 2027-01-31T00:00:00Z' },
  { name: 'days', value: 'N', help: `when it expires, in days from now; by default ${DEFAULT_DAYS}` },
];

/** The root and its draft, as the options name them. @throws Failure with everything that is wrong with them. */
export function workshop({ ports }: Context, options: OptionValues): Workshop {
  const { cwd } = ports.env;
  const named = typeof options.root === 'string' ? path.resolve(cwd, options.root) : undefined;
  const file = named ?? trustPlaces([], cwd).find(place => existsSync(place)) ?? path.join(cwd, TRUST_FILE);
  const memory = { folder: path.join(configFolder(ports), 'roots'), place: placeOf(file) };
  return openWorkshop(file, { now: timeOption(options) ?? ports.clock.now(), memory });
}

/** Every value of an option that may be repeated. */
export function all(options: OptionValues, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
}

/** Opens the key of each `--key`. */
export async function openKeys(context: Context, options: OptionValues): Promise<readonly Signer[]> {
  const keys: Signer[] = [];
  for (const key of all(options, 'key')) keys.push(await openKey(context, { ...options, key }));
  return keys;
}

/** The public keys of each `--public`, in base64. */
export function publicKeys({ ports }: Context, options: OptionValues): readonly string[] {
  return all(options, 'public').map(text => readPublicKey(text, ports).base64);
}

/** The time of expiry that the options give. @throws Failure VNES9006 */
export function expiry({ ports }: Context, options: OptionValues): string {
  const given = timeOption(options, 'expires');
  if (given !== undefined) return formatUtc(given);
  const days = wholeNumber('days', options) ?? DEFAULT_DAYS;
  return formatUtc((timeOption(options) ?? ports.clock.now()) + days * DAY);
}

/** @throws Failure VNES9006 */
export function wholeNumber(name: string, options: OptionValues): number | undefined {
  const written = options[name];
  if (typeof written !== 'string') return undefined;
  if (/^[1-9][0-9]{0,3}$/.test(written)) return Number(written);
  return fail('VNES9006', `--${name} is not a usable number`, {
    expected: 'a whole number from 1 to 9999',
    found: written,
  });
}

/** The policies of the version in force and of a draft, as far as they are here. */
export function draftPolicies({ file, root }: Workshop, draft: SignedRoot): PinnedPolicies {
  return {
    before: root && pinnedPolicy(file, root.document.signed),
    after: pinnedPolicy(file, draft),
  };
}

/** Saves an edited version as a draft, signed by the keys of the options; `keys` are they, if they are open already. */
export async function save(
  context: Context,
  options: OptionValues,
  shop: Workshop,
  signed: SignedRoot,
  keys?: readonly Signer[],
): Promise<Result> {
  return sign(context, options, shop, drafted(shop, signed), keys);
}

/** Adds the signatures of the keys of the options; puts the draft in force once there are enough. */
export async function sign(
  context: Context,
  options: OptionValues,
  shop: Workshop,
  draft: RootDocument,
  keys?: readonly Signer[],
): Promise<Result> {
  let document = draft;
  for (const key of keys ?? (await openKeys(context, options)))
    document = await signedBy(document, key, shop.draftFile);
  // Before the new one takes its place, the former policy is still there to compare it with.
  const policies = draftPolicies(shop, document.signed);
  const inForce = saveDraft(shop, document);
  const { name, version } = document.signed;
  const missing = openSignatures(document);
  const file = inForce ? shop.file : shop.draftFile;
  const changes = shop.root ? changesOf(shop.root.document.signed, document.signed, policies) : [];
  return {
    data: { file, name, version, digest: rootDigest(document.signed), in_force: inForce, changes, missing },
    diagnostics: [],
    text: paint =>
      [
        `${inForce ? paint.good('in force') : paint.warn('draft')}  ${name}, version ${version}  ${paint.dim(file)}`,
        ...changes.map(line => `  ${line}`),
        ...missing.map(
          each =>
            `  ${each.missing} more of the root principals of version ${each.version}: ${each.of.join(', ')}`,
        ),
        ...(inForce ? [] : ['  each signs with: vnes trust sign --key NAME']),
      ].join('\n'),
  };
}
