import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import { sha256 } from '../../src/base/digest.ts';
import {
  inputHash,
  isInput,
  isOutput,
  outputHash,
  type TreeFile,
  treeDigest,
} from '../../src/capsule/tree.ts';

const file: fc.Arbitrary<TreeFile> = fc.record({
  path: fc.string({ unit: 'grapheme', minLength: 1 }),
  mode: fc.constantFrom('100644', '100755'),
  size: fc.nat(),
  sha256: fc.string().map(text => sha256(text)),
});
const files = fc.uniqueArray(file, { selector: each => each.path, maxLength: 6 });

describe('treeDigest', () => {
  test('does not depend on the order of the files', () => {
    fc.assert(
      fc.property(
        files.chain(list =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(treeDigest(shuffled)).toBe(treeDigest(list));
        },
      ),
    );
  });

  test('is SHA-256 over the canonical JSON of the list, ordered by UTF-8 bytes', () => {
    fc.assert(
      fc.property(files, list => {
        const ordered = list.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
        expect(treeDigest(list)).toBe(sha256(canonicalJson(ordered.map(each => ({ ...each })))));
      }),
    );
  });

  test('changes with every change of the tree', () => {
    fc.assert(
      fc.property(files, file, fc.nat(), (list, extra, at) => {
        const digest = treeDigest(list);
        const first = list[at % Math.max(1, list.length)];
        const others = list.filter(each => each !== first && each.path !== extra.path);
        if (!list.some(each => each.path === extra.path))
          expect(treeDigest([...list, extra])).not.toBe(digest);
        if (!first) return;
        expect(treeDigest(list.filter(each => each !== first))).not.toBe(digest);
        const changes: Partial<TreeFile>[] = [
          { path: `${first.path}x` },
          { mode: first.mode === '100644' ? '100755' : '100644' },
          { size: first.size + 1 },
          { sha256: sha256(first.sha256) },
        ];
        for (const change of changes)
          expect(treeDigest([...others, { ...first, ...change }])).not.toBe(digest);
      }),
    );
  });
});

describe('inputs and outputs', () => {
  test.each([
    ['manifest.json', true, false],
    ['spec/logic.md', true, false],
    ['impl/src/main.ts', true, false],
    ['logic.md', true, false],
    ['schema.json', true, false],
    ['policy.yaml', true, false],
    ['impl/capsule.wasm', false, true],
    ['impl/srcs/a', false, true],
    ['impl/build.json', false, false],
    ['README.md', false, false],
    ['specs/a', false, false],
    ['sub/manifest.json', false, false],
  ])('%s: input %s, output %s', (path, input, output) => {
    expect([isInput(path), isOutput(path)]).toEqual([input, output]);
    const one: TreeFile = { path, mode: '100644', size: 1, sha256: sha256('x') };
    expect(inputHash([one])).toBe(treeDigest(input ? [one] : []));
    expect(outputHash([one])).toBe(treeDigest(output ? [one] : []));
  });
});
