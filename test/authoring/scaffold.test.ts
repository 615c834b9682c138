import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identify } from '../../src/authoring/scaffold/identity.ts';
import { scaffold } from '../../src/authoring/scaffold/scaffold.ts';
import { TEMPLATES as LISTED } from '../../src/authoring/scaffold/templates.ts';
import { Failure } from '../../src/base/diagnostic.ts';
import { parseManifest } from '../../src/capsule/parse.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import { freshCapsule, TEMPLATES, temporaryFolder } from './host.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0].code;
    throw error;
  }
  return 'nothing was refused';
}

test('the listed templates are the ones there are', () => {
  expect(readdirSync(TEMPLATES).sort()).toEqual(['parts', ...LISTED.map(({ name }) => name)].sort());
});

test('every part is used, and none puts a file where a template has one of its own', () => {
  const used = LISTED.flatMap(({ parts }) => parts.map(({ name }) => name));
  expect(readdirSync(join(TEMPLATES, 'parts')).sort()).toEqual([...new Set(used)].sort());
  for (const { name, parts } of LISTED) {
    const own = (folder: string) => walkCapsule(join(TEMPLATES, folder), { shownAs: folder }).files.length;
    const expected = [name, ...parts.map(part => `parts/${part.name}`)].map(own);
    const folder = freshCapsule({ template: name });
    expect(walkCapsule(folder, { shownAs: name }).files.length, name).toBe(sum(expected));
  }
});

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);

const TESTS = {
  npm: ['package.json', 'test/examples.js'],
  system: ['test/run.sh'],
  none: ['tests/test_main.py', 'vnes/py.typed'],
};

describe.each(LISTED.map(({ name, compiler }) => [name, compiler] as const))('%s', (template, compiler) => {
  test('is a whole capsule: manifest, spec, schemas, sources, README, test, examples', () => {
    const folder = freshCapsule({ template });
    const manifest = parseManifest(readFileSync(join(folder, 'manifest.json')), 'manifest.json');
    expect(manifest).toMatchObject({
      $schema: 'https://stunir.io/vnes/schemas/manifest-v1.json',
      id: 'user.ada.counter',
      security: { trust_zone: 'session' },
      governance: { tier: 'local' },
    });
    const { files, problems } = walkCapsule(folder, { shownAs: 'counter' });
    expect(problems).toEqual([]);
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        '.gitignore',
        'README.md',
        'spec/logic.md',
        'examples/events.ndjson',
        ...TESTS[compiler],
      ]),
    );
    const bus = manifest.interfaces?.bus;
    for (const { schema } of [...bus!.subscribes!, ...bus!.publishes!]) expect(paths).toContain(schema);
    for (const path of paths)
      expect(readFileSync(join(folder, path), 'utf8'), path).not.toMatch(/__[A-Z]+__/);
  });
});

test.each(LISTED.filter(({ compiler }) => compiler === 'npm').map(({ name }) => name))(
  '%s pins its compiler exactly, at the versions that vnes is tested with',
  template => {
    const own = JSON.parse(readFileSync(join(freshCapsule({ template }), 'package.json'), 'utf8'));
    const { packages } = JSON.parse(readFileSync(join(TEMPLATES, '../package-lock.json'), 'utf8'));
    const pinned = Object.entries(own.devDependencies);
    expect(pinned.length).toBeGreaterThan(0);
    for (const [name, version] of pinned)
      expect(version, name).toBe(packages[`node_modules/${name}`].version);
  },
);

test('the namespace decides on zone and governance', () => {
  const placed = (id: string) => [identify(id).zone, identify(id).governance];
  expect(placed('hypersync.core.geometry')).toEqual(['system', 'core']);
  expect(placed('tenant.seattle.detector')).toEqual(['tenant', 'extension']);
  expect(placed('user.ada.counter')).toEqual(['session', 'local']);
  expect(placed('local.counter')).toEqual(['system', 'local']);
  expect(placed('somebody.else')).toEqual(['session', 'local']);
});

test.each([
  '',
  'counter',
  'User.ada',
  'user..ada',
  '.user.ada',
  'user.ada.',
  'user.a-b',
  'user.ada/x',
  'user.é',
  '../x.y',
  `u.${'x'.repeat(199)}`,
])('the id %j is refused, with one that would do', id => {
  expect(codeOf(() => identify(id))).toBe('VNES1051');
  try {
    identify(id);
  } catch (error) {
    const suggestion = (error as Failure).diagnostics[0].help!.replace('use an id like ', '');
    expect(identify(suggestion).id).toBe(suggestion);
  }
});

test('an id is accepted or refused, never mangled', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '_', '9', '.', '-', 'A', 'é', '/'), maxLength: 12 }),
      id => {
        const wellFormed =
          id.split('.').length >= 2 && id.split('.').every(segment => /^[a-z0-9_]+$/.test(segment));
        if (wellFormed) expect(identify(id).id).toBe(id);
        else expect(codeOf(() => identify(id))).toBe('VNES1051');
      },
    ),
  );
});

describe('nothing is overwritten', () => {
  const start = (cwd: string, dir?: string, template = 'wasm-ts') =>
    scaffold({ template, id: 'user.ada.counter', dir, cwd, templates: TEMPLATES });

  test('the last segment of the id is the folder, and a second start is refused', () => {
    const cwd = temporaryFolder();
    expect(start(cwd).dir).toBe('counter');
    const before = readFileSync(join(cwd, 'counter/manifest.json'), 'utf8');
    expect(codeOf(() => start(cwd, undefined, 'wasm-js'))).toBe('VNES1052');
    expect(readFileSync(join(cwd, 'counter/manifest.json'), 'utf8')).toBe(before);
  });

  test('a folder with one hidden file, a file, and a dangling link are in the way; an empty folder is not', () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'full'));
    writeFileSync(join(cwd, 'full/.hidden'), '');
    writeFileSync(join(cwd, 'file'), '');
    symlinkSync('nowhere', join(cwd, 'link'));
    mkdirSync(join(cwd, 'empty'));
    for (const dir of ['full', 'file', 'file/below', 'link'])
      expect(
        codeOf(() => start(cwd, dir)),
        dir,
      ).toMatch(/^VNES10(52|10)$/);
    expect(readdirSync(join(cwd, 'full'))).toEqual(['.hidden']);
    expect(start(cwd, 'empty').files.length).toBeGreaterThan(10);
  });

  test('an unknown template and a bad id leave nothing behind', () => {
    const cwd = temporaryFolder();
    expect(codeOf(() => start(cwd, undefined, '../src'))).toBe('VNES1050');
    expect(codeOf(() => scaffold({ template: 'wasm-ts', id: 'Bad', cwd, templates: TEMPLATES }))).toBe(
      'VNES1051',
    );
    expect(readdirSync(cwd)).toEqual([]);
  });
});
