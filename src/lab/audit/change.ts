import type { Otherwise, UnpinnedNative, UnpinnedPython } from '../../sandbox/unpinned.ts';

/** What one run of an audit does otherwise than an ordinary one. */
export interface Change {
  readonly sandbox?: Otherwise;
  /** Disturbs when capsules start their work. */
  readonly timing?: string;
  /** Hands over at most so many deliveries at a time. */
  readonly most?: number;
  /** Starts the capsule anew between these portions. */
  readonly renew?: boolean;
}

/** Several changes at once. */
export function together(changes: readonly Change[]): Change {
  return changes.reduce(both, {});
}

function both(a: Change, b: Change): Change {
  const most = Math.min(a.most ?? Number.POSITIVE_INFINITY, b.most ?? Number.POSITIVE_INFINITY);
  return {
    ...a,
    ...b,
    ...(Number.isFinite(most) ? { most } : {}),
    sandbox: bothSandboxes(a.sandbox ?? {}, b.sandbox ?? {}),
  };
}

function bothSandboxes(a: Otherwise, b: Otherwise): Otherwise {
  const startup = a.startup || b.startup;
  const unpinned = a.unpinned || b.unpinned;
  return {
    ...a,
    ...b,
    ...(startup
      ? {
          startup: {
            flags: [...(a.startup?.flags ?? []), ...(b.startup?.flags ?? [])],
            ...(a.startup?.env || b.startup?.env ? { env: { ...a.startup?.env, ...b.startup?.env } } : {}),
          },
        }
      : {}),
    ...(unpinned
      ? {
          unpinned: {
            ...a.unpinned,
            ...b.unpinned,
            python: bothPythons(a.unpinned?.python ?? {}, b.unpinned?.python ?? {}),
          },
        }
      : {}),
    variant: { ...a.variant, ...b.variant },
    ...(a.native || b.native ? { native: bothNatives(a.native, b.native) } : {}),
  };
}

function bothPythons(a: UnpinnedPython, b: UnpinnedPython): UnpinnedPython {
  const prelude = `${a.prelude ?? ''}${b.prelude ?? ''}`;
  return { ...a, ...b, ...(prelude === '' ? {} : { prelude }) };
}

function bothNatives(a: UnpinnedNative = {}, b: UnpinnedNative = {}): UnpinnedNative {
  const variables = { ...a.variables, ...b.variables };
  return { ...a, ...b, ...(Object.keys(variables).length > 0 ? { variables } : {}) };
}
