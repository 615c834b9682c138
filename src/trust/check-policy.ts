import { diagnose } from '../base/diagnostic.ts';
import { MANIFEST_FILE } from '../capsule/tree.ts';
import type { Examination, Finding } from './examination.ts';
import type { PolicyTrust } from './policy/model.ts';
import type { TrustStore } from './store.ts';

const NONE: Finding = { evidence: 'no policy asks for anything' };

/** Whether the policy is the one that those who may say so signed. */
export function checkPolicyFile({ trust }: Examination): Finding {
  const { policy } = trust;
  if (!policy) return NONE;
  return { evidence: policy.problems[0]?.message ?? described(policy, trust), diagnostics: policy.problems };
}

function described({ source, file, digest, document }: PolicyTrust, { root }: TrustStore): string {
  const pinned = root?.document.signed;
  const why =
    source === 'option'
      ? `named by --policy${pinned?.policy === undefined ? '' : ', in place of the one that the trust root pins'}`
      : `pinned by version ${pinned?.version} of ${pinned?.name}`;
  return `${document?.rules.length} rules of ${file}, ${digest}, ${why}`;
}

/** What each rule that covers the capsule comes to. One that none covers is unknown to those who wrote the policy, and fails. */
export function checkPolicyRules(examination: Examination): Finding {
  const { folder, manifest, receipt, signers = [], trust, walk } = examination;
  const { policy, root } = trust;
  if (!policy) return NONE;
  const subject = { folder, manifest: manifest!, receipt: receipt!, files: walk.files, signers, root };
  const checks = policy.judge(subject);
  if (checks.length > 0) return { evidence: `${checks.length} rules cover ${manifest!.id}`, checks };
  const uncovered = diagnose('VNES3006', `no rule of the policy covers ${manifest!.id}`, {
    place: { file: `${folder}/${MANIFEST_FILE}`, pointer: '/id' },
    expected: 'a rule with a scope for it, if only { "namespace": "*", "level": "audit" }',
    found: 'none',
    help: `add a scope to ${policy.file}, and have it signed: vnes trust policy ${policy.file}`,
  });
  return { evidence: uncovered.message, diagnostics: [uncovered] };
}
