import path from 'node:path';
import { Failure, fail } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { writeAtomically } from '../../base/write-file.ts';
import { preparePolicy } from '../../trust/policy/load.ts';
import { parsePolicy, policyDigest } from '../../trust/policy/parse.ts';
import { unmetRoles } from '../../trust/policy/roles.ts';
import { editable, type Workshop } from '../../trust/root/draft.ts';
import { withPolicy } from '../../trust/root/edit.ts';
import { dropPolicyDraft, policyFiles } from '../../trust/root/policy-files.ts';
import { readSource } from '../../trust/trust-source.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { COMMON_OPTIONS, save, workshop } from '../trust-root.ts';

export const policy: CommandSpec = {
  name: 'policy',
  summary: 'draft a version that pins a policy, or none',
  arguments: [{ name: 'file', help: 'the policy; it becomes vnes.policy.json beside the root' }],
  options: [{ name: 'none', help: 'no policy, instead of FILE' }, ...COMMON_OPTIONS],
  examples: ['vnes trust policy new-policy.json', 'vnes trust policy --none --key ada'],
  run: policyCommand,
};

async function policyCommand(
  context: Context,
  [file]: readonly string[],
  options: OptionValues,
): Promise<Result> {
  if ((file === undefined) !== (options.none === true)) {
    fail('VNES9006', file === undefined ? 'there is no policy to pin' : 'FILE and --none say two things', {
      expected: 'a file, or --none',
      help: 'vnes trust policy --help',
    });
  }
  const shop = workshop(context, options);
  const before = editable(shop);
  if (file === undefined) {
    const saved = await save(context, options, shop, withPolicy(before, undefined));
    dropPolicyDraft(shop.file);
    return saved;
  }
  const source = readSource(path.resolve(context.ports.env.cwd, file), 'policy');
  const value = parseJson(source.bytes, { file });
  const document = parsePolicy(value, source.bytes, file);
  await preparePolicy({ source: 'root', file, document, problems: [] });
  const [first, ...more] = unmetRoles(document, before, file);
  if (first) throw new Failure(first, ...more);
  keepDraft(shop, source.bytes);
  return save(context, options, shop, withPolicy(before, policyDigest(value)));
}

/** The policy lies beside the draft of the root, and moves with it. */
function keepDraft({ file }: Workshop, bytes: Uint8Array): void {
  writeAtomically(policyFiles(file).draftFile, bytes);
}
