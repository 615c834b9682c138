import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { commandLine } from '../base/shell.ts';
import { RECEIPT_FILE } from '../capsule/tree.ts';
import type { Examination, Finding } from './examination.ts';
import type { RootTrust } from './root/model.ts';
import { fewestSigners, type Tally, tally } from './root/tally.ts';

type ReceiptRole = 'build' | 'deploy';

export function checkRoot({ trust }: Examination): Finding {
  const { root, problems = [] } = trust;
  if (problems.length > 0) return { evidence: problems[0]!.message, diagnostics: problems };
  if (!root) return { evidence: `a list of ${trust.keys.length} keys, without versions or expiry` };
  const { name, version, expires } = root.document.signed;
  const forgotten = root.forgotten === undefined ? '' : `; cannot be remembered here: ${root.forgotten}`;
  return { evidence: `${name}, version ${version}, until ${expires}; ${root.id}${forgotten}` };
}

/** Whether as many as the root asks for signed in this role. Under a list of keys, one who may sign is enough. */
export function checkRole(role: ReceiptRole): (examination: Examination) => Finding {
  return examination => {
    const { root } = examination.trust;
    if (!root) return { evidence: 'a list of keys asks for one signature by a key that may sign' };
    if (!asked(root, role)) return { evidence: `the trust root does not ask for the role ${role}` };
    const found = roleTally(examination, root, role);
    const evidence = found.delegation ? counted(found) : `nobody has the role ${role} for this id`;
    return found.missing === 0 ? { evidence } : { evidence, diagnostics: [tooFew(examination, root, found)] };
  };
}

function asked({ document }: RootTrust, role: ReceiptRole): boolean {
  return document.signed.require.includes(role);
}

function roleTally(examination: Examination, { document }: RootTrust, role: ReceiptRole): Tally {
  const keys = (examination.signers ?? []).map(({ key }) => key.base64);
  return tally(document.signed, role, examination.manifest!.id, keys);
}

function counted({ role, delegation, counted: names }: Tally): string {
  const { threshold, namespace } = delegation!;
  return `${names.length} of ${threshold} for ${role} of ${namespace}: ${names.join(', ') || 'nobody'}`;
}

/** The diagnostic of a role that is not met. */
function tooFew(examination: Examination, root: RootTrust, found: Tally): Diagnostic {
  const { folder, manifest } = examination;
  const { role, delegation, missing } = found;
  const { id } = manifest!;
  if (!delegation) {
    return diagnose('VNES2066', `the trust root gives nobody the role ${role} for ${id}`, {
      place: { file: root.file, pointer: '/signed/delegations' },
      expected: `a delegation of ${role} that covers ${id}`,
      found: 'none',
      help: `vnes trust add PRINCIPAL --role ${role} --namespace ${id}, signed by the root's principals`,
    });
  }
  const more = missing === 1 ? 'one more' : `${missing} more`;
  return diagnose('VNES2065', `${more} must sign ${id} for the role ${role}`, {
    place: { file: `${folder}/${RECEIPT_FILE}` },
    expected: `${delegation.threshold} of: ${delegation.principals.join(', ') || 'nobody'} (${delegation.namespace})`,
    found: `${found.counted.join(', ') || 'none of them'}${notCounted(examination, found)}`,
    help: rootHelp(examination, root),
  });
}

/** Whether one who signed has the role of a builder for this id. */
export function rootAuthority(examination: Examination, root: RootTrust): Finding {
  const found = roleTally(examination, root, 'build');
  if (found.counted.length > 0)
    return { evidence: `${found.counted.join(', ')} for ${found.delegation!.namespace}` };
  const { delegation } = found;
  const diagnostic = delegation
    ? diagnose('VNES3001', `nobody who signed may build ${examination.manifest!.id}`, {
        place: { file: `${examination.folder}/${RECEIPT_FILE}` },
        expected: `${delegation.threshold} of: ${delegation.principals.join(', ') || 'nobody'} (${delegation.namespace})`,
        found: `none of them${notCounted(examination, found)}`,
        help: rootHelp(examination, root),
      })
    : tooFew(examination, root, found);
  return { evidence: diagnostic.message, diagnostics: [diagnostic] };
}

/** Those who signed and do not count here, and why. */
function notCounted({ signers = [], revokedSigners = [] }: Examination, found: Tally): string {
  const others = signers.map(({ name }) => name).filter(name => !found.counted.includes(name));
  const reasons = [
    ...[...new Set(others)].map(name => `${name} has not this role`),
    ...revokedSigners.map(({ name }) => `${name} signed with a revoked key`),
  ];
  return reasons.length > 0 ? `; not counted: ${reasons.join(', ')}` : '';
}

/** The smallest set of signatures that would meet every role, as commands. */
export function rootHelp(examination: Examination, root: RootTrust): string {
  const roles = (['build', 'deploy'] as const).filter(role => asked(root, role));
  const tallies = examination.manifest ? roles.map(role => roleTally(examination, root, role)) : [];
  const names = fewestSigners(tallies);
  if (names === undefined) {
    return 'no signatures can meet this as the trust root stands: vnes trust show, then vnes trust add PRINCIPAL';
  }
  const commands = names.map(name =>
    commandLine(['vnes', 'sign', '--add', '--key', name], [examination.folder]),
  );
  return commands.join(' && ') || commandLine(['vnes', 'sign', '--add'], [examination.folder]);
}
