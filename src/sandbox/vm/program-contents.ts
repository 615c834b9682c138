import { LIBRARY_LINKS } from '../confine/libraries.ts';
import { type Confinement, PROGRAM } from '../confine/types.ts';
import { type ArchiveEntry, archive } from './archive.ts';
import { entriesOf, entry, foldersOf } from './entries.ts';
import { SENTRY, sentryInside } from './guard.ts';
import { NOWHERE, relayOf } from './relay.ts';

/** Of a folder of the host: tests, what is for people at a screen, and what is for building interpreters. */
const LEFT_OUT = /^(test|tests|idlelib|tkinter|turtledemo|ensurepip|site-packages|dist-packages|config-.*)$/;

/** A program of the host with the files that it needs, or a capsule's. */
export function fileEntries({
  program,
  files,
}: Pick<Confinement, 'program' | 'files'>): readonly ArchiveEntry[] {
  return [
    ...entriesOf(PROGRAM, program).map(each => ({ ...each, kind: 'program' as const })),
    ...[...files].flatMap(([inside, source]) => entriesOf(inside, source, name => LEFT_OUT.test(name))),
  ];
}

/** All that there is in the machine of one program: the relay, its sentry, itself and what it needs. */
export function programContents(confinement: Confinement): Uint8Array[] {
  const own = [...fileEntries(confinement), entry('program', SENTRY, sentryInside(confinement))];
  const links = LIBRARY_LINKS.map(([target, link]) => entry('link', link, Buffer.from(target)));
  return archive([
    // Anybody could write to the machine's first folder, as it comes.
    { kind: 'folder', path: '.' },
    ...foldersOf([...own, ...links, entry('nowhere', NOWHERE)]),
    ...links,
    ...own,
    entry('nowhere', NOWHERE),
    entry('program', '/init', relayOf([SENTRY, PROGRAM, ...confinement.args])),
  ]);
}
