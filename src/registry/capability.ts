/** A capability that a capsule offers. */
export interface Provision {
  readonly name: string;
  readonly version: string;
}

/** What a capsule, or the request itself, needs. */
export interface Requirement {
  /** By capability, or one capsule by its id (in a request only). */
  readonly kind: 'capability' | 'capsule';
  readonly name: string;
  /** Ranges in node-semver syntax, all of which the version must lie in; none means any version. */
  readonly ranges: readonly string[];
}

/** Splits `name@rest` at the first `@`; `rest` is undefined without one. */
export function splitName(text: string): { readonly name: string; readonly rest: string | undefined } {
  const at = text.indexOf('@');
  return at < 0 ? { name: text, rest: undefined } : { name: text.slice(0, at), rest: text.slice(at + 1) };
}

/** `name` or `name@version` from `capabilities.provides`; without a version it is the capsule's own. */
export function parseProvision(text: string, capsuleVersion: string): Provision {
  const { name, rest } = splitName(text);
  return { name, version: rest ?? capsuleVersion };
}

/** The requirements that a list such as `capabilities.requires` states; two on one name become one with both ranges. */
export function parseRequirements(
  texts: readonly string[],
  kind: Requirement['kind'] = 'capability',
): Requirement[] {
  const ranges = new Map<string, string[]>();
  for (const text of texts) {
    const { name, rest } = splitName(text);
    ranges.set(name, [...(ranges.get(name) ?? []), ...(rest === undefined ? [] : [rest])]);
  }
  return [...ranges].map(([name, all]) => ({ kind, name, ranges: all }));
}

/** A requirement as an author would write it. */
export function formatRequirement({ name, ranges }: Requirement): string {
  return ranges.length === 0 ? name : `${name}@${ranges.join(' and ')}`;
}
