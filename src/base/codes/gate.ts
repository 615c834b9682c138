import type { CodeEntry } from './entry.ts';

/** 24xx: capsules in git, and what a change does to them. Each code has a page in docs/errors/. */
export const GATE_CODES = {
  VNES2401: { title: 'git cannot be used here', exit: 'environment' },
  VNES2402: { title: 'no such revision', exit: 'usage' },
  VNES2403: { title: 'index holds unmerged paths', exit: 'negative' },
  VNES2404: { title: 'git object is missing or malformed', exit: 'negative' },
  VNES2405: { title: 'trust file changed', exit: 'negative' },
  VNES2406: { title: 'trust file is newer than the merge base', exit: 'negative' },
  VNES2407: { title: 'receipt or manifest taken away', exit: 'negative' },
  VNES2408: { title: 'file or folder swapped for something else', exit: 'negative' },
  VNES2409: { title: 'file mode changed', exit: 'negative' },
  VNES2410: { title: 'version goes backwards', exit: 'negative' },
  VNES2411: { title: 'content changed under one version', exit: 'negative' },
  VNES2412: { title: 'signers changed', exit: 'negative' },
  VNES2413: { title: 'Git LFS pointer in place of a file', exit: 'negative' },
  VNES2414: { title: 'submodule is not looked into', exit: 'negative' },
  VNES2415: { title: 'no common history', exit: 'usage' },
  VNES2416: { title: 'policy and trust root do not fit', exit: 'negative' },
  VNES2417: { title: 'waiver that nobody vouches for', exit: 'negative' },
  VNES2418: { title: 'a topic is not what it was under its version', exit: 'negative' },
} as const satisfies Record<`VNES24${number}`, CodeEntry>;
