/** The version of the package `vnes:capsule` that this host implements (vnes.wit). */
const VERSION = '1.0.0';

const INTERFACES = ['types', 'bus', 'state', 'rpc', 'clock', 'entropy', 'log'] as const;

/** Every interface that a component may import. There is no WASI among them: no files, no sockets, no clock, no environment. */
export const WORLD_IMPORTS: readonly string[] = INTERFACES.map(name => `vnes:capsule/${name}@${VERSION}`);

/** Functions that every component must export. */
export const WORLD_EXPORTS: readonly string[] = ['init', 'handle', 'serve'];
