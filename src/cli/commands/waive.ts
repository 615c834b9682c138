import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { parseUtc } from '../../base/time.ts';
import { CHECKS } from '../../trust/checks.ts';
import { ruleCheck } from '../../trust/policy/model.ts';
import type { RootTrust, SignedRoot } from '../../trust/root/model.ts';
import { pinnedPolicy } from '../../trust/root/policy-files.ts';
import { WAIVERS_FILE } from '../../trust/trust-places.ts';
import type { Waiver, WaiversDocument } from '../../trust/waivers/model.ts';
import {
  readWaivers,
  signedWaiver,
  waiverNamed,
  waiveTally,
  withWaiver,
  writeWaivers,
} from '../../trust/waivers/write.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { timeOption } from '../time-option.ts';
import { all, COMMON_OPTIONS, EXPIRY_OPTIONS, expiry, openKeys, workshop } from '../trust-root.ts';

export const command: CommandSpec = {
  name: 'waive',
  summary: 'let a capsule pass a check that it fails, until a time, by those who may',
  arguments: [{ name: 'capsule', help: 'id, or a namespace such as user.ada.*' }],
  options: [
    { name: 'check', value: 'ID', help: 'the check, such as policy/core-review' },
    { name: 'reason', value: 'TEXT', help: 'why' },
    { name: 'owner', value: 'NAME', help: 'who answers for it' },
    ...EXPIRY_OPTIONS.map(option => ({ ...option, help: option.help.replace(/; by default.*/, '') })),
    { name: 'capsule-version', value: 'VERSION', help: 'let only this version pass' },
    { name: 'content', value: 'DIGEST', help: 'let only the content of this tree digest pass' },
    {
      name: 'id',
      value: 'NAME',
      help: 'what the waiver is called; by default after the capsule and the check',
    },
    { name: 'add', value: 'ID', help: 'sign the waiver of this id, instead of writing a new one' },
    { name: 'waivers', value: 'FILE', help: `the file; by default ${WAIVERS_FILE} beside the trust root` },
    { name: 'dry-run', help: 'write nothing' },
    ...COMMON_OPTIONS,
  ],
  examples: [
    "vnes waive acme.core.shop --check policy/core-review --reason 'cyd is away' --owner ada --days 14 --key ada",
    'vnes waive --add shop-core-review --key bob',
  ],
  run: waive,
};

async function waive(context: Context, [capsule]: readonly string[], options: OptionValues): Promise<Result> {
  const shop = workshop(context, options);
  const root = shop.root ?? nobodyMay(shop.file);
  const named = typeof options.waivers === 'string' ? options.waivers : undefined;
  const { cwd } = context.ports.env;
  const file = named ? path.resolve(cwd, named) : path.join(path.dirname(shop.file), WAIVERS_FILE);
  const before = readWaivers(file);
  const { id, document } = await drafted(context, capsule, options, { before, root, file });
  const keys = all(options, 'key');
  const signers = await openKeys(context, keys.length > 0 ? options : { ...options, key: ['default'] });
  let signed = document;
  for (const signer of signers) signed = await signedWaiver(signed, id, signer, root, file);
  if (options['dry-run'] !== true) writeWaivers(file, signed);
  return told(signed, id, root, file);
}

interface Place {
  readonly before: WaiversDocument;
  readonly root: RootTrust;
  readonly file: string;
}

/** The list with the waiver that is to be signed, which may be a new one. */
async function drafted(
  context: Context,
  capsule: string | undefined,
  options: OptionValues,
  { before, root, file }: Place,
): Promise<{ readonly id: string; readonly document: WaiversDocument }> {
  const id = typeof options.add === 'string' ? options.add : undefined;
  if ((id === undefined) === (capsule === undefined)) {
    fail('VNES9006', id === undefined ? 'there is nothing to waive' : 'a capsule and --add say two things', {
      expected: 'a capsule or namespace, or --add ID',
      help: 'vnes waive --help',
    });
  }
  if (id !== undefined) {
    waiverNamed(before, id, file);
    return { id, document: before };
  }
  const waiver = waiverOf(context, capsule!, options);
  refuseUnwaivable(waiver, root.document.signed, root.file);
  return { id: waiver.id, document: withWaiver(before, waiver, file) };
}

function waiverOf(context: Context, capsule: string, options: OptionValues): Waiver {
  const given = (name: string) => (typeof options[name] === 'string' ? (options[name] as string) : undefined);
  const needed = (name: string) =>
    given(name) ??
    fail('VNES3013', `a waiver needs --${name}`, {
      expected: '--check, --reason, --owner, and --expires or --days',
      help: 'vnes waive --help',
    });
  const check = needed('check');
  const [reason, owner] = [needed('reason'), needed('owner')];
  const dated = given('expires') ?? given('days');
  const expires = dated === undefined ? needed('expires') : expiry(context, options);
  const [version, tree] = [given('capsule-version'), given('content')];
  return {
    id: given('id') ?? idFor(capsule, check),
    check,
    ...(capsule.endsWith('.*') ? { namespace: capsule } : { capsule }),
    ...(version === undefined ? {} : { capsule_version: version }),
    ...(tree === undefined ? {} : { tree }),
    reason,
    owner,
    expires: inFuture(expires, timeOption(options) ?? context.ports.clock.now()),
  };
}

function inFuture(expires: string, now: number): string {
  if (parseUtc(expires)! > now) return expires;
  return fail('VNES3013', 'the waiver would have expired already', {
    expected: 'a time in the future',
    found: expires,
  });
}

/** `acme.core.shop` and `policy/core-review` make `shop-core-review`. */
function idFor(capsule: string, check: string): string {
  const last = (text: string) => text.replace(/\.\*$/, '').split(/[./]/).at(-1)!;
  return `${last(capsule)}-${last(check)}`
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .slice(0, 64);
}

/** A waiver that could never do anything is a mistake. */
function refuseUnwaivable({ check }: Waiver, root: SignedRoot, rootFile: string): void {
  const rules = pinnedPolicy(rootFile, root)?.rules ?? [];
  const waivable = [
    ...CHECKS.filter(row => row.waivable).map(({ id }) => id),
    ...rules.filter(rule => rule.waivable).map(({ id }) => ruleCheck(id)),
  ];
  if (waivable.includes(check)) return;
  fail('VNES3013', `nobody may waive ${check}`, {
    expected: `one of: ${waivable.join(', ')}`,
    found: check,
    help: 'a rule can be waived where the policy says "waivable": true; nothing about the integrity of a capsule can',
  });
}

function nobodyMay(file: string): never {
  return fail('VNES3013', 'there is no trust root in force, so nobody may waive', {
    place: { file },
    expected: 'a trust root that gives somebody the role waive',
    found: 'none',
    help: 'begin one: vnes trust init NAME --key KEY --namespace PATTERN, then vnes trust add NAME --role waive',
  });
}

function told(document: WaiversDocument, id: string, root: RootTrust, file: string): Result {
  const { waiver, signatures } = waiverNamed(document, id, file);
  const keys = signatures.map(({ public_key }) => public_key);
  const { counted, missing, candidates } = waiveTally(waiver, keys, root);
  return {
    data: { file, waiver, signed_by: counted, missing, of: candidates },
    diagnostics: [],
    text: paint =>
      [
        `${missing === 0 ? paint.good('counts') : paint.warn('waits')}  ${id}: ${waiver.check} of ${waiver.capsule ?? waiver.namespace}, until ${waiver.expires}  ${paint.dim(file)}`,
        ...(missing === 0
          ? []
          : [`  ${missing} more of: ${candidates.join(', ')}, by vnes waive --add ${id} --key NAME`]),
      ].join('\n'),
  };
}
