import type { Diagnostic } from '../../base/diagnostic.ts';
import { fail } from '../../base/diagnostic.ts';
import { ruleLines } from '../../trust/policy/describe.ts';
import type { PolicyDocument } from '../../trust/policy/model.ts';
import { changesOf } from '../../trust/root/changes.ts';
import { openSignatures, type Workshop } from '../../trust/root/draft.ts';
import { rootDigest } from '../../trust/root/encode.ts';
import type { SignedRoot } from '../../trust/root/model.ts';
import { pinnedPolicy } from '../../trust/root/policy-files.ts';
import { keyOwners } from '../../trust/root/principals.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { NOW_OPTION } from '../time-option.ts';
import { draftPolicies, ROOT_OPTION, workshop } from '../trust-root.ts';

export const show: CommandSpec = {
  name: 'show',
  summary: 'show the root, when it expires, who may sign what, and the draft',
  arguments: [],
  options: [ROOT_OPTION, NOW_OPTION],
  examples: ['vnes trust show', 'vnes trust show --now 2027-01-31T00:00:00Z'],
  run: showCommand,
};

async function showCommand(context: Context, _: readonly string[], options: OptionValues): Promise<Result> {
  const shop = workshop(context, options);
  const { root, draft } = shop;
  if (!root && !draft) {
    return fail('VNES2070', 'there is no trust root here', {
      place: { file: shop.file },
      expected: 'a trust root',
      found: 'no such file',
      help: 'begin one: vnes trust init NAME --key KEY --namespace PATTERN',
    });
  }
  const problems: readonly Diagnostic[] = root?.problems ?? [];
  return {
    data: {
      file: shop.file,
      ...(root ? { id: root.id, digest: root.digest, root: root.document.signed } : {}),
      ...(draft
        ? { draft: { digest: rootDigest(draft.signed), root: draft.signed, missing: openSignatures(draft) } }
        : {}),
    },
    diagnostics: problems,
    text: paint => [...rootLines(shop, paint), ...draftLines(shop, paint)].join('\n'),
  };
}

function rootLines({ file, root }: Workshop, paint: Paint): readonly string[] {
  if (!root) return [`${paint.warn('no version in force yet')}  ${file}`];
  const { signed } = root.document;
  const state = root.problems.length === 0 ? paint.good('in force') : paint.bad('expired');
  return [
    `${state}  ${paint.bold(signed.name)}, version ${signed.version}, until ${signed.expires}`,
    paint.dim(`  id ${root.id}`),
    ...contentLines(signed, pinnedPolicy(file, signed), paint),
  ];
}

function draftLines(shop: Workshop, paint: Paint): readonly string[] {
  const { file, root, draft, draftFile } = shop;
  if (!draft) return [];
  return [
    `${paint.warn('draft')}  version ${draft.signed.version}, until ${draft.signed.expires}  ${paint.dim(draftFile)}`,
    paint.dim(`  digest ${rootDigest(draft.signed)}`),
    ...(root
      ? changesOf(root.document.signed, draft.signed, draftPolicies(shop, draft.signed)).map(
          line => `  ${line}`,
        )
      : contentLines(draft.signed, pinnedPolicy(file, draft.signed), paint)),
    ...openSignatures(draft).map(
      ({ version, missing, of }) =>
        `  to sign  ${missing} more of the root principals of version ${version}: ${of.join(', ')}`,
    ),
  ];
}

function contentLines(
  signed: SignedRoot,
  policy: PolicyDocument | undefined,
  paint: Paint,
): readonly string[] {
  const able = new Set(keyOwners(signed.principals).values());
  const seats = [{ role: 'root', namespace: 'this file', ...signed.root }, ...signed.delegations];
  return [
    ...seats.map(({ role, namespace, principals, threshold }) => {
      const enough = principals.filter(name => able.has(name)).length >= threshold;
      const line = `  ${role.padEnd(7)} ${namespace}: ${threshold} of ${principals.join(', ') || 'nobody'}`;
      return enough ? line : `${line}  ${paint.bad('cannot be met')}`;
    }),
    `  every capsule needs: ${signed.require.join(' and ')}`,
    ...(signed.policy === undefined ? [] : [policyLine(signed.policy, policy, paint)]),
    ...(policy ? ruleLines(policy).map(line => `  rule    ${line}`) : []),
    ...signed.principals.flatMap(({ name, keys }) =>
      keys.map(key => paint.dim(`  ${name.padEnd(7)} ${key}`)),
    ),
    ...signed.revoked.map(({ public_key, principal, reason }) =>
      paint.dim(`  revoked ${public_key} of ${principal}: ${reason}`),
    ),
  ];
}

function policyLine(digest: string, policy: PolicyDocument | undefined, paint: Paint): string {
  return `  policy  ${digest}${policy ? '' : `  ${paint.bad('not here')}`}`;
}
