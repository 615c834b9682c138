import { canonicalJson } from '../../base/canonical.ts';
import type { JsonValue } from '../../base/json.ts';
import type { PolicyDocument } from './model.ts';

/** Each rule as one line, for those who are asked to sign it: two rules that differ in anything differ in it. */
export function ruleLines({ rules }: PolicyDocument): readonly string[] {
  return rules.map(({ id, why, scopes, demand, expression, waivable }) => {
    const where = scopes.map(({ namespace, level }) => `${level} ${namespace}`).join(', ');
    const asked = [
      ...(demand ? [canonicalJson(demand as JsonValue)] : []),
      ...(expression === undefined ? [] : [expression]),
    ];
    return `${id} (${where}): ${asked.join(' and ')}${waivable ? ', waivable' : ''}; ${why}`;
  });
}
