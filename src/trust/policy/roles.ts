import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import { covers } from '../namespace.ts';
import type { Role, SignedRoot } from '../root/model.ts';
import type { PolicyDocument, PolicyRule } from './model.ts';

/** The demands for people that a root could never meet, because it gives nobody the role where the rule holds. */
export function unmetRoles({ rules }: PolicyDocument, root: SignedRoot, file: string): readonly Diagnostic[] {
  return rules.flatMap((rule, index) =>
    rolesOf(rule)
      .filter(role => !isGiven(rule, role, root))
      .map(role =>
        diagnose(
          'VNES3004',
          `the rule ${rule.id} asks for the role ${role}, which the root gives to nobody there`,
          {
            place: { file, pointer: `/rules/${index}/demand` },
            expected: `a delegation of ${role} for one of: ${rule.scopes.map(({ namespace }) => namespace).join(', ')}`,
            found: 'none',
            help: `vnes trust add PRINCIPAL --role ${role} --namespace PATTERN`,
          },
        ),
      ),
  );
}

function rolesOf({ demand }: PolicyRule): readonly Role[] {
  const signers = Object.keys(demand?.signers ?? {}) as Role[];
  return demand?.reviewers ? ['review', ...signers] : signers;
}

function isGiven({ scopes }: PolicyRule, wanted: Role, { delegations }: SignedRoot): boolean {
  return delegations.some(
    ({ role, namespace }) => role === wanted && scopes.some(scope => overlap(scope.namespace, namespace)),
  );
}

/** Whether there can be an id that both patterns cover. */
function overlap(a: string, b: string): boolean {
  return a === '*' || a === b || covers(a, b) || covers(b, a);
}
