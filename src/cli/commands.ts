import type { CommandTable } from './command.ts';

/** Every command, in the order in which an author meets them. Each is loaded only when it is called. */
export const COMMANDS: CommandTable = {
  scaffold: {
    summary: 'start a new capsule from a template',
    load: async () => (await import('./commands/scaffold.ts')).command,
  },
  build: {
    summary: 'compile capsules: spec and sources to impl/',
    load: async () => (await import('./commands/build.ts')).command,
  },
  keys: {
    summary: 'make and show the keys that you sign with',
    load: async () => (await import('./commands/keys.ts')).command,
  },
  sign: {
    summary: 'write the signed receipt of capsules',
    load: async () => (await import('./commands/sign.ts')).command,
  },
  trust: {
    summary: 'say who may sign what: a trust root with versions, expiry and thresholds',
    load: async () => (await import('./commands/trust.ts')).command,
  },
  waive: {
    summary: 'let a capsule pass a check that it fails, until a time, by those who may',
    load: async () => (await import('./commands/waive.ts')).command,
  },
  verify: {
    summary: 'check capsules against their receipts and your trust files',
    load: async () => (await import('./commands/verify.ts')).command,
  },
  recheck: {
    summary: 'decide a proof of verify again, from the proof alone',
    load: async () => (await import('./commands/recheck.ts')).command,
  },
  resolve: {
    summary: 'choose capsules so that every requirement is met, and write the lock file',
    load: async () => (await import('./commands/resolve.ts')).command,
  },
  run: {
    summary: 'run capsules over an input and record everything',
    load: async () => (await import('./commands/run.ts')).command,
  },
  replay: {
    summary: 'run a recording again and prove every effect equal',
    load: async () => (await import('./commands/replay.ts')).command,
  },
  lab: {
    summary: 'look for what breaks a network, and make it small',
    load: async () => (await import('./commands/lab.ts')).command,
  },
  state: {
    summary: 'read the state of a recording as of any event',
    load: async () => (await import('./commands/state.ts')).command,
  },
  bus: {
    summary: 'read the event log of a recording, follow one that is written, add events to an input',
    load: async () => (await import('./commands/bus.ts')).command,
  },
  branch: {
    summary: 'make and compare branches of recordings, which other runs go on from',
    load: async () => (await import('./commands/branch.ts')).command,
  },
  snapshot: {
    summary: 'keep what a recording had come to at a point, with its roots',
    load: async () => (await import('./commands/snapshot.ts')).command,
  },
  audit: {
    summary: 'find out whether a capsule is what it promises to be',
    load: async () => (await import('./commands/audit.ts')).command,
  },
  compact: {
    summary: 'drop what a recording holds from before a snapshot that nothing needs any more',
    load: async () => (await import('./commands/compact.ts')).command,
  },
  fsck: {
    summary: 'name every damaged part of a recording, and what is still true',
    load: async () => (await import('./commands/fsck.ts')).command,
  },
  export: {
    summary: 'write a recording as one portable file',
    load: async () => (await import('./commands/export.ts')).command,
  },
  import: {
    summary: 'check an exported recording and make its folder',
    load: async () => (await import('./commands/import.ts')).command,
  },
  'quarantine-inspect': {
    summary: 'show why capsules were refused, what changed, and what would release them',
    load: async () => (await import('./commands/quarantine-inspect.ts')).command,
  },
  release: {
    summary: 'examine quarantined capsules again, and let out those that pass',
    load: async () => (await import('./commands/release.ts')).command,
  },
  doctor: {
    summary: 'prove each sandbox of this machine, and say what is missing',
    load: async () => (await import('./commands/doctor.ts')).command,
  },
  explain: {
    summary: 'explain a diagnostic code',
    load: async () => (await import('./commands/explain.ts')).command,
  },
  completion: {
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completion.ts')).completionCommand(COMMANDS),
  },
};
