import { type Diagnostic, diagnose, type Severity } from '../../base/diagnostic.ts';
import { commandLine } from '../../base/shell.ts';
import { MANIFEST_FILE } from '../../capsule/tree.ts';
import { DEMANDS, type Shortfall } from './demands.ts';
import type { Level, PolicyDocument, PolicyRule, PolicyScope, PolicySubject, RuleFinding } from './model.ts';
import { ruleCheck } from './model.ts';
import { scopeFor } from './scope.ts';

/** What an expression says of a capsule: true, or why not. */
export type Predicate = (subject: PolicySubject) => true | Shortfall;

/** What becomes of a capsule that does not meet a rule, by the rule's level there. */
const SEVERITIES: Readonly<Record<Level, Severity>> = { audit: 'note', warn: 'warning', enforce: 'error' };

/** A function that holds every rule against a capsule; `predicates` are the compiled expressions by the rules' ids. */
export function judgeOf(
  { rules }: PolicyDocument,
  predicates: ReadonlyMap<string, Predicate>,
): (subject: PolicySubject) => readonly RuleFinding[] {
  return subject =>
    rules.flatMap(rule => {
      const scope = scopeFor(rule, subject.manifest.id);
      return scope ? [judgeRule(rule, scope, subject, predicates.get(rule.id))] : [];
    });
}

function judgeRule(
  rule: PolicyRule,
  scope: PolicyScope,
  subject: PolicySubject,
  predicate: Predicate | undefined,
): RuleFinding {
  const shortfalls = [...demanded(rule, subject), ...expressed(rule, subject, predicate)];
  const parts = Object.keys(rule.demand ?? {}).length + (rule.expression === undefined ? 0 : 1);
  const met = `${parts - shortfalls.length} of ${parts} met`;
  return {
    id: ruleCheck(rule.id),
    proves: rule.why,
    evidence: `${scope.level} for ${scope.namespace}: ${met}`,
    diagnostics: shortfalls.map(shortfall => told(shortfall, rule, scope, subject)),
    waivable: rule.waivable === true,
  };
}

/** In the order of the table: that of a document is lost where it is written as canonical JSON. */
function demanded({ demand = {} }: PolicyRule, subject: PolicySubject): readonly Shortfall[] {
  return Object.entries(DEMANDS).flatMap(([name, missing]) => {
    const wanted = demand[name as keyof typeof DEMANDS];
    const found = wanted === undefined ? undefined : missing(wanted as never, subject);
    return found ? [found] : [];
  });
}

/** An expression that was never compiled is one that does not hold. */
function expressed(
  { expression }: PolicyRule,
  subject: PolicySubject,
  predicate: Predicate | undefined,
): readonly Shortfall[] {
  if (expression === undefined) return [];
  const found = predicate?.(subject) ?? {
    code: 'VNES3008',
    expected: 'a compiled expression',
    found: 'none',
  };
  return found === true ? [] : [found];
}

function told(
  shortfall: Shortfall,
  rule: PolicyRule,
  scope: PolicyScope,
  subject: PolicySubject,
): Diagnostic {
  const { code = 'VNES3007', pointer, file = MANIFEST_FILE, expected, found, help } = shortfall;
  const { folder, manifest } = subject;
  const word = code === 'VNES3008' ? 'cannot be decided for' : 'is not met by';
  return {
    ...diagnose(code, `the rule ${rule.id} ${word} ${manifest.id}: ${rule.why}`, {
      place: { file: `${folder}/${file}`, pointer },
      expected,
      found,
      help: [
        help ?? `change it and sign again: ${commandLine(['vnes', 'sign'], [folder])}`,
        ...waiving(rule, subject),
      ].join('; or '),
    }),
    severity: SEVERITIES[scope.level],
  };
}

/** How to ask for a waiver, where there can be one. */
function waiving({ id, waivable }: PolicyRule, { manifest, root }: PolicySubject): readonly string[] {
  return waivable && root
    ? [`vnes waive ${manifest.id} --check ${ruleCheck(id)} --reason TEXT --owner NAME --expires TIME`]
    : [];
}
