import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Digest, sha256 } from '../../../src/base/digest.ts';
import type { JsonValue } from '../../../src/base/json.ts';
import { LIMITS } from '../../../src/base/limits.ts';
import { differenceOf } from '../../../src/kernel/quarantine/difference.ts';
import { manifestChanges } from '../../../src/kernel/quarantine/manifest-difference.ts';
import { patchOf } from '../../../src/kernel/quarantine/patch.ts';
import { signerChanges } from '../../../src/kernel/quarantine/signer-difference.ts';

/** A capsule's content, and where its bytes are. */
function content(contents: Readonly<Record<string, string>>, executable: readonly string[] = []) {
  const bytes = new Map<Digest, Uint8Array>();
  const files = Object.entries(contents).map(([path, text]) => {
    bytes.set(sha256(text), Buffer.from(text));
    const mode = executable.includes(path) ? ('100755' as const) : ('100644' as const);
    return { path, mode, size: text.length, sha256: sha256(text), kept: true };
  });
  return { bytes, content: { files, receipt: null, signers: [] } };
}

async function between(before: ReturnType<typeof content>, after: ReturnType<typeof content>) {
  const read = (digest: Digest) => before.bytes.get(digest) ?? after.bytes.get(digest);
  return differenceOf(before.content, after.content, read);
}

test('files are added, removed, changed, or have another mode; others are not named', async () => {
  const before = content({ a: 'same', b: 'old\n', c: 'gone', d: 'tool' });
  const after = content({ a: 'same', b: 'new\n', d: 'tool', e: 'fresh\n' }, ['d']);
  const { files } = await between(before, after);
  expect(files.map(({ path, change, patch }) => [path, change, patch.lines])).toEqual([
    ['b', 'changed', ['@@ -1,1 +1,1 @@', '-old', '+new']],
    ['c', 'removed', ['@@ -1,1 +0,0 @@', '-gone', '\\ No newline at end of file']],
    ['d', 'mode', []],
    ['e', 'added', ['@@ -0,0 +1,1 @@', '+fresh']],
  ]);
});

describe('a text is shown line by line, unless', () => {
  const bytes = (text: string) => Buffer.from(text);
  test.each<[string, Uint8Array | null, Uint8Array | null]>([
    ['its bytes were not kept', null, bytes('x')],
    ['not a text', bytes('x'), Buffer.from([0xff, 0xfe])],
    ['not a text', bytes('x'), bytes('a\0b')],
    [`larger than ${LIMITS.diffBytes} bytes`, bytes('x'), Buffer.alloc(LIMITS.diffBytes + 1, 'x')],
    [`more than ${LIMITS.diffLines} lines differ`, bytes(lines('a', 900)), bytes(lines('b', 900))],
  ])('%s', async (unshown, before, after) => {
    expect(await patchOf('file', before, after)).toEqual({ unshown });
  });

  test('more than so many files differ', async () => {
    const many = (text: string) =>
      content(
        Object.fromEntries(Array.from({ length: LIMITS.diffFiles + 1 }, (_, index) => [`f${index}`, text])),
      );
    const { files } = await between(many('a'), many('b'));
    const unshown = files.filter(({ patch }) => patch.unshown !== undefined);
    expect([files.length, unshown.length]).toEqual([LIMITS.diffFiles + 1, 1]);
  });
});

function lines(text: string, count: number): string {
  return Array.from({ length: count }, (_, index) => `${text}${index}\n`).join('');
}

describe('fields of the manifest', () => {
  const change = (before: JsonValue, after: JsonValue) =>
    manifestChanges(Buffer.from(JSON.stringify(before)), Buffer.from(JSON.stringify(after)));

  test('are named by JSON pointers, with both values', () => {
    const before = { id: 'a', tags: ['x', 'y'], 'a/b': 1, gone: { deep: true } };
    const after = { id: 'b', tags: ['x'], 'a/b': 2, fresh: null };
    expect(change(before, after)).toEqual([
      { pointer: '/id', before: 'a', after: 'b' },
      { pointer: '/tags/1', before: 'y' },
      { pointer: '/a~1b', before: 1, after: 2 },
      { pointer: '/gone', before: { deep: true } },
      { pointer: '/fresh', after: null },
    ]);
  });

  test('the names of what every object has are fields like others', () => {
    expect(change({}, { constructor: 1 })).toEqual([{ pointer: '/constructor', after: 1 }]);
  });

  test('one that cannot be read differs as a whole', () => {
    expect(manifestChanges(Buffer.from('{'), Buffer.from('{}'))).toEqual([{ pointer: '', after: {} }]);
    expect(manifestChanges(undefined, undefined)).toEqual([]);
  });

  test('nothing differs exactly when the documents say the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const [before, after] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))] as JsonValue[];
        expect(change(before!, before!)).toEqual([]);
        const same = JSON.stringify(sorted(before!)) === JSON.stringify(sorted(after!));
        expect(change(before!, after!).length === 0).toBe(same);
      }),
    );
  });
});

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

test('signers are compared by their keys', () => {
  const signer = (key: string, state: 'holds' | 'revoked' = 'holds') => ({
    name: key,
    key,
    state,
    roles: ['build'],
  });
  const changes = signerChanges(
    [signer('a'), signer('b'), signer('c')],
    [signer('b'), signer('c', 'revoked'), signer('d')],
  );
  expect(changes.map(({ key, change }) => [key, change])).toEqual([
    ['a', 'removed'],
    ['b', 'same'],
    ['c', 'changed'],
    ['d', 'added'],
  ]);
});
