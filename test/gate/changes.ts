import { chmodSync, cpSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import type { JsonObject, JsonValue } from '../../src/base/json.ts';
import { newKey } from '../trust/capsules.ts';
import { COUNT, onTopics, type Repository } from './repository.ts';

export const COUNTER = 'capsules/counter';
const OLD = { manifest: { version: '1.2.3' } };

const { n } = COUNT.properties as { n: JsonObject };
const LESS: JsonObject = { ...COUNT, properties: { n: { ...n, maximum: 9 }, unit: { type: 'string' } } };
const MORE: JsonObject = { type: 'object', properties: { n: { type: 'number' } } };
const ADMITTED = ['capsules/counter admitted'];
const BROKEN = [...ADMITTED, '~VNES2418'];

/** Gives the counter other schemas, and another version. */
function on(
  published: JsonValue | undefined,
  taken: JsonValue | undefined,
  options: { readonly topic?: string } = {},
): (repository: Repository) => void {
  return repository => {
    repository.remove(COUNTER);
    repository.capsule(COUNTER, onTopics(published, taken, { version: '1.3.0', ...options }));
  };
}

/** The same schemas, one of them in other words and the other in another file. */
function elsewhere(repository: Repository): void {
  const { manifest, files } = onTopics(COUNT, COUNT, { version: '1.3.0' });
  const text = JSON.stringify(manifest).replace('spec/taken.json', 'spec/other.json');
  repository.remove(COUNTER);
  repository.capsule(COUNTER, {
    manifest: JSON.parse(text) as JsonObject,
    files: {
      'spec/published.json': JSON.stringify(COUNT, undefined, 1),
      'spec/other.json': files!['spec/taken.json']!,
    },
  });
}

/** Changes to a workshop: what each does to a capsule, and what is said of it when it is staged (repository.ts, `inShort`). */
export const CHANGES: readonly (readonly [
  what: string,
  said: readonly string[],
  change: (repository: Repository) => void,
])[] = [
  [
    'deletes the receipt',
    ['capsules/counter refused', 'VNES2001', 'VNES2407'],
    ({ at }) => rmSync(at(COUNTER, 'receipt.stunir.json')),
  ],
  [
    'deletes the manifest',
    ['capsules/counter refused', 'VNES1020', 'VNES2006', 'VNES2407'],
    ({ at }) => rmSync(at(COUNTER, 'manifest.json')),
  ],
  [
    'deletes both and leaves the rest',
    ['capsules/counter removed', 'VNES2407'],
    ({ at }) => {
      for (const name of ['manifest.json', 'receipt.stunir.json']) rmSync(at(COUNTER, name));
    },
  ],
  ['removes it as a whole', ['capsules/counter removed'], repository => repository.remove(COUNTER)],
  [
    'deletes another file',
    ['capsules/counter refused', 'VNES2006'],
    ({ at }) => rmSync(at(COUNTER, 'spec/logic.md')),
  ],
  [
    'adds a file',
    ['capsules/counter refused', 'VNES2005'],
    repository => repository.write({ [`${COUNTER}/impl/evil.wasm`]: 'x' }),
  ],
  [
    'swaps a file for a link',
    ['capsules/counter refused', 'VNES2020', 'VNES2408'],
    ({ at }) => {
      rmSync(at(COUNTER, 'spec/logic.md'));
      symlinkSync('../../adder/spec/logic.md', at(COUNTER, 'spec/logic.md'));
    },
  ],
  [
    'swaps the receipt for a link to the same bytes',
    ['capsules/counter refused', 'VNES2020', 'VNES2001', 'VNES2408'],
    ({ at }) => {
      renameSync(at(COUNTER, 'receipt.stunir.json'), at('elsewhere.json'));
      symlinkSync('../../elsewhere.json', at(COUNTER, 'receipt.stunir.json'));
    },
  ],
  [
    'swaps the folder for a link',
    ['capsules/counter removed', 'VNES2408'],
    ({ at }) => {
      renameSync(at(COUNTER), at('node_modules'));
      symlinkSync('../node_modules', at(COUNTER));
    },
  ],
  [
    'swaps the folder above for a link',
    ['capsules/adder removed', 'capsules/counter removed', 'VNES2408'],
    ({ at }) => {
      renameSync(at('capsules'), at('.hidden'));
      symlinkSync('.hidden', at('capsules'));
    },
  ],
  [
    'flips the mode of a file',
    ['capsules/counter refused', 'VNES2004', '~VNES2409'],
    ({ at }) => chmodSync(at(COUNTER, 'spec/logic.md'), 0o755),
  ],
  [
    'flips a mode and has it signed',
    ['capsules/counter admitted', '~VNES2409'],
    repository => {
      chmodSync(repository.at(COUNTER, 'spec/logic.md'), 0o755);
      repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    },
  ],
  [
    'renames a file',
    ['capsules/counter refused', 'VNES2005', 'VNES2006'],
    ({ at }) => renameSync(at(COUNTER, 'spec/logic.md'), at(COUNTER, 'spec/other.md')),
  ],
  [
    'moves it',
    ['capsules/mover admitted', 'capsules/counter moved to capsules/mover'],
    ({ at }) => renameSync(at(COUNTER), at('capsules/mover')),
  ],
  [
    'moves it and goes back in version',
    ['capsules/mover refused', 'capsules/counter moved to capsules/mover', 'VNES2410'],
    repository => {
      repository.remove(COUNTER);
      repository.capsule('capsules/mover', { manifest: { id: 'user.ada.counter', version: '1.0.0' } });
    },
  ],
  [
    'puts an older version there, properly signed',
    ['capsules/counter refused', 'VNES2410'],
    repository => repository.capsule(COUNTER, { manifest: { version: '1.2.2' } }),
  ],
  [
    'changes content under one version',
    ['capsules/counter admitted', '~VNES2411'],
    repository => repository.capsule(COUNTER, { ...OLD, files: { 'spec/logic.md': '# Other\n' } }),
  ],
  [
    'replaces it by another capsule',
    ['capsules/counter admitted', 'capsules/counter removed'],
    repository => repository.capsule(COUNTER, { manifest: { id: 'user.ada.other', version: '0.1.0' } }),
  ],
  [
    'has it signed by a stranger',
    ['capsules/counter refused', 'VNES2011'],
    repository => repository.capsule(COUNTER, { manifest: { version: '1.3.0' }, key: newKey() }),
  ],
  [
    'makes the folder round all capsules a capsule',
    ['capsules refused', 'capsules/adder removed', 'capsules/counter removed', 'VNES2011'],
    repository => {
      const id = 'user.ada.all';
      repository.capsule('capsules', { manifest: { id }, key: newKey() });
    },
  ],
  [
    'holds a pointer of Git LFS',
    ['capsules/counter refused', 'VNES2413'],
    repository => {
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1\n`;
      repository.capsule(COUNTER, { manifest: { version: '1.3.0' }, files: { 'impl/a.wasm': pointer } });
    },
  ],
  [
    'adds a link to a folder outside of capsules',
    ['VNES4003'],
    ({ at }) => symlinkSync('/etc', at('capsules/etc')),
  ],
  ['adds a link to a file', [], ({ at }) => symlinkSync('capsules/../README.md', at('link.md'))],
  [
    'names who is trusted and brings what they signed',
    ['capsules/counter refused', 'VNES2405', 'VNES2011'],
    repository => {
      const stranger = newKey();
      repository.trust(repository.key, stranger);
      repository.capsule(COUNTER, { manifest: { version: '1.3.0' }, key: stranger });
    },
  ],
  [
    'makes the whole repository a capsule, with another trust file',
    ['. admitted', 'capsules/adder removed', 'capsules/counter removed', 'VNES2405'],
    repository => {
      repository.trust(repository.key, newKey());
      repository.git('add', '-A');
      repository.capsule('.', { manifest: { id: 'user.ada.all' } });
    },
  ],
  ['says less of what it publishes, and takes more', ADMITTED, on(LESS, MORE)],
  ['says more of what it publishes', BROKEN, on(MORE, COUNT)],
  ['takes less', BROKEN, on(COUNT, LESS)],
  ['says no more what it publishes', BROKEN, on(undefined, COUNT)],
  ['says no more what it takes', ADMITTED, on(COUNT, undefined)],
  ['says something about a topic that is no schema', BROKEN, on({ type: 'integer', minimum: '0' }, COUNT)],
  [
    'says something about a topic that cannot be told',
    BROKEN,
    on({ ...COUNT, not: {} }, { ...COUNT, not: {} }),
  ],
  ['says more on the next version of a topic', ADMITTED, on(MORE, COUNT, { topic: 'user.count.v2' })],
  ['says the same elsewhere', ADMITTED, elsewhere],
  [
    'moves it and says more of what it publishes',
    ['capsules/mover admitted', 'capsules/counter moved to capsules/mover', '~VNES2418'],
    repository => {
      repository.remove(COUNTER);
      const moved = onTopics(MORE, COUNT, { version: '1.3.0' });
      repository.capsule('capsules/mover', {
        ...moved,
        manifest: { ...moved.manifest, id: 'user.ada.counter' },
      });
    },
  ],
  [
    'has a stranger say more of what it publishes',
    ['capsules/counter refused', 'VNES2011'],
    repository =>
      repository.capsule(COUNTER, { ...onTopics(MORE, COUNT, { version: '1.3.0' }), key: newKey() }),
  ],
  ['adds a link that discovery does not come by', [], ({ at }) => symlinkSync('/etc', at('.etc'))],
  ['deletes the trust file', ['VNES2405'], ({ at }) => rmSync(at('vnes.trust.json'))],
  [
    'swaps the trust file for a link',
    ['VNES4003', 'VNES2405'],
    ({ at }) => {
      rmSync(at('vnes.trust.json'));
      symlinkSync('/etc/keys.json', at('vnes.trust.json'));
    },
  ],
  [
    'adds a trust file nearer to the capsules',
    ['VNES2405'],
    ({ root }) => cpSync(`${root}/vnes.trust.json`, `${root}/capsules/vnes.trust.json`),
  ],
];
