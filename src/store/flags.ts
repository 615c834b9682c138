/** What recordings of this version depend on. A change of what a flag stands for is a new flag, and the old one stays known. */
const FLAGS = {
  /** What instructions and host calls cost, and how much fuel and stack a delivery has unless its manifest says otherwise. */
  meter: 'meter 1',
  /** The interpreter of Python capsules, by the digest of what it has in its memory when it has started. */
  python: 'python 9caaa466aac9e147',
  /** What native programs and their host say to each other. */
  native: 'native 1',
  /** How programs in virtual machines are started, guarded and spoken with. */
  machine: 'machine 1',
  /** How the lab draws what it does to deliveries. */
  disturbance: 'disturbance 1',
  /** Snapshots: steps between frames at which every instance is made anew. */
  snapshots: 'snapshots 1',
  /** What senders call events is recorded. */
  ids: 'ids 1',
  /** Capsules outlive their sandboxes: at which deliveries another took the place of a dead one is recorded. */
  lives: 'lives 1',
  /** A subscriber that states its rate and no buffer has one of 1,024 events. */
  bounded: 'buffers 1',
  /** Calls are held to the schemas of methods. */
  calls: 'calls 1',
  /** Members that every object inherits, such as `toString`, are none of a payload's. */
  ownMembers: 'own members 1',
  /** What capsules publish is checked on topics that are not critical, too: it was asked for. */
  checkAll: 'check all',
} as const;

/** How a run behaves where that is not the same in all recordings. */
export interface Behaviour {
  /** Whether what capsules publish is checked on topics that nobody calls critical, too. */
  readonly checkAll: boolean;
  /** Whether subscribers that state their rate have a buffer when they state none. */
  readonly bounded: boolean;
  /** Whether requests and responses are held to the schemas that the provider's manifest names. */
  readonly calls: boolean;
  /** Whether only a payload's own members count when it is held to a schema. */
  readonly ownMembers: boolean;
}

/** How runs behave unless something else is asked for. */
export const USUAL: Behaviour = { checkAll: false, bounded: true, calls: true, ownMembers: true };

/** What a run does that not all do. */
export interface Extras {
  readonly machine?: boolean;
  readonly disturbance?: boolean;
  readonly snapshots?: boolean;
  readonly ids?: boolean;
}

/** The flags of a run whose capsules are written in these languages. */
export function flagsFor(
  languages: readonly ('wasm' | 'python' | 'native')[],
  behaviour: Behaviour,
  { machine = false, disturbance = false, snapshots = false, ids = false }: Extras = {},
): readonly string[] {
  const [python, native] = [languages.includes('python'), languages.includes('native')];
  const used = {
    meter: true,
    python,
    native,
    machine,
    disturbance,
    snapshots,
    ids,
    lives: true,
    ...behaviour,
  };
  return (Object.keys(used) as (keyof typeof used)[]).filter(name => used[name]).map(name => FLAGS[name]);
}

/** How a recorded run behaved. */
export function behaviourIn(flags: readonly string[]): Behaviour {
  const has = (name: keyof Behaviour) => flags.includes(FLAGS[name]);
  return {
    checkAll: has('checkAll'),
    bounded: has('bounded'),
    calls: has('calls'),
    ownMembers: has('ownMembers'),
  };
}

/**
 * Behaviour flags that this version of vnes can honour when it replays. A recording with any other was made by a kernel that behaves
 * in a way this one does not know, so it is refused rather than replayed wrongly.
 */
export const KNOWN_FLAGS: readonly string[] = Object.values(FLAGS);
