import { diagnose } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import type { RootTrust } from '../root/model.ts';
import type { TrustSource } from '../trust-source.ts';
import type { PolicyDocument, PolicyTrust, StatedPolicy } from './model.ts';
import { parsePolicy, policyDigest } from './parse.ts';
import { judgeOf, type Predicate } from './rules.ts';

/**
 * The policy of a repository: the file beside its trust file, held against what the trust root pins. Undefined where there is none and
 * none is asked for.
 * @throws Failure VNES10xx, VNES3004, VNES3005 for a policy that counts and is none.
 */
export async function besideTrust(
  source: TrustSource | undefined,
  root: RootTrust | undefined,
  expectedFile: string,
): Promise<PolicyTrust | undefined> {
  const stated = held(source, root, expectedFile);
  return stated && preparePolicy(stated);
}

/** The policy that an option names, in place of any other. @throws Failure VNES10xx, VNES3004, VNES3005 */
export function fromOption({ file, bytes }: TrustSource): Promise<PolicyTrust> {
  const document = parsePolicy(parseJson(bytes, { file }), bytes, file);
  return preparePolicy({ source: 'option', file, document, problems: [] });
}

function held(
  source: TrustSource | undefined,
  root: RootTrust | undefined,
  expectedFile: string,
): StatedPolicy | undefined {
  const pinned = root?.document.signed.policy;
  const file = source?.file ?? expectedFile;
  if (pinned === undefined)
    return source && { source: 'unpinned', file, document: null, problems: [unpinned(file)] };
  const value = source && parseJson(source.bytes, { file });
  const found = value === undefined ? 'no such file' : policyDigest(value);
  if (found !== pinned)
    return { source: 'root', file, document: null, problems: [other(file, root!, pinned, found)] };
  return { source: 'root', file, document: parsePolicy(value!, source!.bytes, file), problems: [] };
}

function unpinned(file: string) {
  return diagnose('VNES3003', 'nobody vouches for the policy', {
    place: { file },
    expected: 'a trust root that pins it',
    found: 'a policy that anybody could have written',
    help: `pin it: vnes trust policy ${file}; or name it: --policy ${file}`,
  });
}

function other(file: string, { document, file: rootFile }: RootTrust, expected: string, found: string) {
  const { name, version } = document.signed;
  return diagnose('VNES3002', `the policy is not the one that version ${version} of ${name} pins`, {
    place: { file },
    expected,
    found,
    help: `take it from a commit that you trust, together with ${rootFile}; or pin this one: vnes trust policy ${file}`,
  });
}

/**
 * Makes a policy that can be asked from plain data, e.g. in a worker. What evaluates expressions is loaded only for a policy that has
 * some. @throws Failure VNES3005
 */
export async function preparePolicy(stated: StatedPolicy): Promise<PolicyTrust> {
  const { document, file } = stated;
  if (!document) return { ...stated, judge: () => [] };
  const digest = policyDigest(document as never);
  return { ...stated, digest, judge: judgeOf(document, await compiled(document, file)) };
}

async function compiled({ rules }: PolicyDocument, file: string): Promise<ReadonlyMap<string, Predicate>> {
  if (rules.every(({ expression }) => expression === undefined)) return new Map();
  const { compile } = await import('./expression.ts');
  return new Map(
    rules.flatMap(({ id, expression: text }, index) =>
      text === undefined
        ? []
        : [[id, compile({ rule: id, text, file, pointer: `/rules/${index}/expression` })] as const],
    ),
  );
}
