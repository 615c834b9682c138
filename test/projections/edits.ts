/** A change to a proof, as parsed. */
export type Edit = (proof: object) => void;

export const ZERO = `sha256:${'0'.repeat(64)}`;

/** The object or list at a path such as `capsules.0.files`. */
export function at(proof: object, path: string): Record<string, unknown> {
  const parts = path === '' ? [] : path.split('.');
  return parts.reduce(
    (value, part) => value[part] as Record<string, unknown>,
    proof as Record<string, unknown>,
  );
}

export function set(path: string, name: string, value: unknown): Edit {
  return proof => {
    const target = at(proof, path);
    if (!(name in target)) throw new Error(`there is no ${path} ${name}`);
    target[name] = value;
  };
}

export function splice(path: string, start: number, count: number, ...items: unknown[]): Edit {
  return proof => (at(proof, path) as unknown as unknown[]).splice(start, count, ...items);
}
