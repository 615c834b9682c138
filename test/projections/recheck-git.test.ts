import { symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renewed } from '../../src/trust/root/edit.ts';
import { rootText } from '../../src/trust/root/encode.ts';
import { CHANGES, COUNTER } from '../gate/changes.ts';
import { COUNT, onTopics, proofOf, Repository, workshop } from '../gate/repository.ts';
import { newKey } from '../trust/capsules.ts';
import { begun, continued, KEYS, rootOf, signed } from '../trust/roots.ts';
import { ours, oursInResults, theirs } from './checkers.ts';
import { at, type Edit, set, splice, ZERO } from './edits.ts';

const SINCE = { kind: 'since', revision: 'main', head: 'HEAD' } as const;

interface Checked {
  readonly checks: { result: string }[];
}

interface ProofJson {
  readonly git: { readonly change: { result: string }[]; readonly past: readonly object[] };
  readonly capsules: { readonly verdict: Checked }[];
  readonly totals: object;
}

/** A workshop on a branch, changed and committed. */
function branched(change: (repository: Repository) => void): Repository {
  const repository = workshop();
  repository.git('checkout', '-q', '-b', 'change');
  change(repository);
  repository.commit();
  return repository;
}

/** Both checkers come to these statuses, and to the same capsules. */
async function expectAgreed(texts: readonly string[], statuses: readonly number[]): Promise<void> {
  const opinions = await Promise.all(texts.map(ours));
  expect(opinions.map(({ status }) => status)).toEqual(statuses);
  expect(theirs(texts)).toEqual(opinions);
}

function namesCapsules(text: string): boolean {
  const { capsules, git } = JSON.parse(text) as ProofJson;
  return capsules.length + git.past.length > 0;
}

/** The proof of a refused change, edited to say that all passed. */
function claimed(text: string): string {
  const proof = JSON.parse(text) as ProofJson;
  const checks = [...proof.git.change, ...proof.capsules.flatMap(({ verdict }) => verdict.checks)];
  for (const check of checks) if (/fail|blocked/.test(check.result)) check.result = 'pass';
  for (const { verdict } of proof.capsules) Object.assign(verdict, { admitted: true, grade: 'admitted' });
  Object.assign(proof.totals, { verified: proof.capsules.length, failed: 0 });
  return JSON.stringify(proof);
}

test('both checkers agree on every change of a branch, whatever the proof claims', async () => {
  const cases: (readonly [status: number, text: string])[] = [];
  for (const [, said, change] of CHANGES) {
    const refused = said.some(word => /refused$|^~?VNES24(?:11|18)|^VNES/.test(word));
    const text = proofOf(await branched(change).verify(SINCE));
    cases.push([refused ? 1 : namesCapsules(text) ? 0 : 4, text]);
    if (refused) cases.push([1, claimed(text)]);
  }
  expect(cases.length).toBeGreaterThan(45);
  await expectAgreed(
    cases.map(([, text]) => text),
    cases.map(([status]) => status),
  );
});

test('both checkers agree on what other sources see', async () => {
  const hands = newKey();
  const cases: readonly (readonly [number, () => Promise<string>])[] = [
    [
      0,
      async () =>
        proofOf(await workshop().verify({ kind: 'tree', revision: 'HEAD' }, { trust: { from: 'HEAD' } })),
    ],
    [1, async () => proofOf(await workshop().verify({ kind: 'tree', revision: 'HEAD' }))],
    [4, async () => proofOf(await branched(() => {}).verify(SINCE))],
    [
      1,
      async () => {
        const repository = branched(each => each.capsule(COUNTER, { manifest: { version: '1.3.0' } }));
        repository.git('checkout', '-q', 'main');
        repository.trust(newKey());
        repository.commit('revoke');
        return proofOf(await repository.verify({ ...SINCE, head: 'change' }));
      },
    ],
    [
      0,
      async () => {
        const repository = workshop();
        repository.trust(repository.key, hands);
        repository.commit('trust two');
        repository.git('checkout', '-q', '-b', 'change');
        repository.capsule(COUNTER, { manifest: { version: '1.3.0' }, key: hands });
        symlinkSync('counter/manifest.json', repository.at('capsules/link'));
        repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},capsules/module`);
        repository.git('add', 'capsules');
        return proofOf(await repository.verify({ kind: 'staged' }));
      },
    ],
  ];
  const texts = await Promise.all(cases.map(([, make]) => make()));
  await expectAgreed(
    texts,
    cases.map(([status]) => status),
  );
});

test('both checkers agree on changes of trust roots', async () => {
  const { ada, bob, cyd, eve } = KEYS;
  const first = begun(signed(rootOf(['ada', 'bob', 'cyd'], 2), ada, bob));
  const next = (time: string, ...keys: (typeof ada)[]) =>
    continued(first, root => renewed(root, time), ...keys);
  const texts: string[] = [];
  for (const document of [
    next('2028-01-01T00:00:00Z', bob, cyd),
    next('2028-01-01T00:00:00Z', bob),
    next('2028-01-01T00:00:00Z', bob, eve),
    next('2026-01-02T00:00:00Z', bob, cyd),
    begun(signed(rootOf(['ada', 'bob'], 2), ada, bob)),
    { version: 1, keys: [] },
    { signed: {} },
  ]) {
    const repository = new Repository();
    repository.write({ 'vnes.trust.json': rootText(first) });
    repository.capsule(COUNTER, { key: ada });
    repository.commit('base');
    repository.write({ 'vnes.trust.json': rootText(document as typeof first) });
    texts.push(proofOf(await repository.staged()));
  }
  await expectAgreed(texts, [4, 1, 1, 1, 1, 1, 1]);
});

const FOLDER = '040000';
const MODE = '100644';

/** Edits of the proof of a good change, and the status that both checkers must come to. */
const EDITS: readonly (readonly [what: string, status: number, edit: Edit])[] = [
  ['nothing', 0, () => {}],
  ['a change less', 2, splice('capsules.0.changes', 0, 1)],
  [
    'a change twice',
    2,
    splice('capsules.0.changes', 0, 0, { path: 'manifest.json', before: MODE, after: MODE }),
  ],
  [
    'a change of what is as it was',
    2,
    splice('capsules.0.changes', 0, 0, { path: 'spec/logic.md', before: MODE, after: MODE }),
  ],
  [
    'a change of what is not there',
    0,
    splice('capsules.0.changes', 0, 0, { path: 'gone', before: MODE, after: null }),
  ],
  ['a mode that flips', 2, set('capsules.0.changes.0', 'before', '100755')],
  ['a mode that is none', 2, set('capsules.0.changes.0', 'before', 'file')],
  ['a capsule without changes', 2, set('capsules.0', 'changes', undefined)],
  ['no past', 2, set('git', 'past', [])],
  ['a past twice', 2, proof => splice('git.past', 0, 0, at(proof, 'git.past.0'))(proof)],
  ['a past that its receipt is not about', 2, set('git.past.0.files.1', 'sha256', ZERO)],
  ['a past of another folder', 2, set('git.past.0', 'folder', 'capsules/adder')],
  [
    'a gone capsule without a past',
    2,
    set('git', 'gone', [{ folder: 'x', there: [], entries: 0, covered: false }]),
  ],
  ['another kind', 2, set('git.source', 'kind', 'staged')],
  ['no base', 2, set('git.source', 'base', null)],
  ['no target', 2, set('git.source', 'target', null)],
  ['another base', 2, set('git.source', 'base', '0'.repeat(40))],
  ['trust from another commit', 2, set('git.trust', 'commit', '0'.repeat(40))],
  ['trust from a file', 2, set('git.trust', 'from', 'file')],
  ['another trust file in the target', 1, set('git.trust', 'target', { mode: MODE, id: '0'.repeat(40) })],
  ['a link to a folder', 1, set('git.links.0', 'end', FOLDER)],
  ['a link to nothing', 1, set('git.links.0', 'end', null)],
  ['a link out of the repository', 1, set('git.links.0', 'targets', ['../../README.md'])],
  ['a link to the top', 1, set('git.links.0', 'targets', ['/README.md'])],
  ['a link by way of a link', 0, set('git.links.0', 'targets', ['.', 'capsules/../README.md'])],
  ['a submodule', 1, set('git', 'submodules', ['module'])],
  [
    'a trust file at no time',
    2,
    set('git', 'trust_files', [{ path: 'vnes.trust.json', before: null, after: null }]),
  ],
  ['a removed capsule', 1, set('git', 'removed', [{ folder: 'capsules/adder' }])],
  ['the result of a check', 1, set('git.change.0', 'result', 'fail')],
  ['a check less', 1, splice('git.change', 1, 1)],
  ['a capsule less', 2, splice('capsules', 0, 1)],
  [
    'no capsules, and totals to match',
    2,
    proof => {
      set('', 'capsules', [])(proof);
      set('', 'totals', { discovered: 0, verified: 0, waived: 0, failed: 0 })(proof);
    },
  ],
  ['no git', 2, set('', 'git', null)],
  [
    'another member of git',
    2,
    proof => {
      at(proof, 'git').more = true;
    },
  ],
];

test('both checkers agree on every edit of a proof of git', async () => {
  const repository = branched(each => {
    each.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    symlinkSync('../README.md', each.at('capsules/link'));
  });
  const good = proofOf(await repository.verify(SINCE));
  const texts = EDITS.map(([, , edit]) => {
    const proof = JSON.parse(good) as object;
    edit(proof);
    return JSON.stringify(proof);
  });
  const own = await Promise.all(texts.map(oursInResults));
  const others = theirs(texts);
  expect(others.map(({ status }, index) => [EDITS[index]![0], status])).toEqual(
    EDITS.map(([what, status]) => [what, status]),
  );
  expect(others).toEqual(own);
});

/** Edits of the proof of a change after which a topic says less, and the statuses. */
const SCHEMA_EDITS: readonly (readonly [what: string, status: number, edit: Edit])[] = [
  ['nothing', 0, () => {}],
  ['a schema less', 1, splice('git.schemas', 0, 1)],
  ['another schema in its place', 1, splice('git.schemas', 0, 1, 'e30=')],
  ['a schema more', 0, splice('git.schemas', 0, 0, 'e30=')],
  ['broken base64', 2, splice('git.schemas', 0, 1, 'e30')],
  ['no schemas', 2, set('git', 'schemas', undefined)],
];

test('both checkers agree on every edit of the schemas in a proof', async () => {
  const less = { ...COUNT, properties: { n: { type: 'integer', minimum: 1 } } };
  const repository = branched(each => each.capsule(COUNTER, onTopics(less, COUNT, { version: '1.3.0' })));
  const good = proofOf(await repository.verify(SINCE));
  const texts = SCHEMA_EDITS.map(([, , edit]) => {
    const proof = JSON.parse(good) as object;
    edit(proof);
    return JSON.stringify(proof);
  });
  await expectAgreed(
    texts,
    SCHEMA_EDITS.map(([, status]) => status),
  );
});
