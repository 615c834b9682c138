import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildCapsule, planBuild } from '../../src/authoring/build/build.ts';
import { checkBuild } from '../../src/authoring/build/compare.ts';
import { COMPONENT_TOOL } from '../../src/authoring/build/component.ts';
import { findTool } from '../../src/authoring/build/toolchain.ts';
import { type Diagnostic, Failure } from '../../src/base/diagnostic.ts';
import { sha256 } from '../../src/base/digest.ts';
import { parseJson } from '../../src/base/json.ts';
import { inputHash } from '../../src/capsule/tree.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import { inspectComponent } from '../../src/sandbox/wasm/admit.ts';
import { event, freshCapsule, Host, refusalOf, temporaryFolder } from './host.ts';

const read = (folder: string, path: string): Buffer => readFileSync(join(folder, path));

async function refused(work: () => unknown): Promise<readonly Diagnostic[]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics;
    throw error;
  }
  throw new Error('nothing was refused');
}

function edit(folder: string, path: string, change: (text: string) => string): void {
  const before = read(folder, path).toString('utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(folder, path), after);
}

test('AssemblyScript builds to the same bytes in another folder, and twice in one', async () => {
  const [one, two] = [freshCapsule(), freshCapsule()];
  const first = await buildCapsule(one, 'one');
  await buildCapsule(two, 'two');
  for (const path of ['impl/capsule.wasm', 'impl/build.json', 'impl/src/spec.ts']) {
    expect(read(two, path).equals(read(one, path)), path).toBe(true);
  }
  expect((await buildCapsule(one, 'one')).note).toEqual(first.note);
  expect(read(one, 'impl/capsule.wasm').includes(one)).toBe(false);
});

test('the note names inputs, steps and tools, and the chain of steps ends in the artifact', async () => {
  const folder = freshCapsule();
  await buildCapsule(folder, 'counter');
  const note = parseJson(read(folder, 'impl/build.json')) as Record<string, unknown>;
  const input = inputHash(walkCapsule(folder, { shownAs: 'counter' }).files);
  const artifact = sha256(read(folder, 'impl/capsule.wasm'));
  expect(note).toMatchObject({
    input_hash: input,
    reproducible: true,
    transformations: [
      { step: 'compile', tool: 'assemblyscript', input_hash: input },
      { step: 'component', tool: '@bytecodealliance/jco-transpile', output_hash: artifact },
    ],
    toolchain: [{ tool: 'assemblyscript', version: '0.28.20' }, COMPONENT_TOOL],
  });
});

test('the tool that vnes names for its components is the one that is installed', () => {
  expect(
    findTool({ name: COMPONENT_TOOL.tool, entry: 'package.json' }, import.meta.dirname, '.'),
  ).toMatchObject(COMPONENT_TOOL);
});

test('the template imports nothing but the host, and counts', async () => {
  const folder = freshCapsule();
  const { component } = await buildCapsule(folder, 'counter');
  const { exports } = await inspectComponent(component, { file: 'capsule.wasm' });
  expect([...exports].sort()).toEqual(['handle', 'init', 'serve']);
  expect(component.length).toBeLessThan(64 * 1024);
  const host = new Host();
  const guest = await host.load(component);
  guest.init('{}');
  for (const value of [20.5, 21.25, 19]) guest.handle(event('reading.v1', { value }));
  expect(host.published.map(([topic, payload]) => [topic, payload])).toEqual([
    ['summary.v1', '{"count":1,"mean":20.5}'],
    ['summary.v1', '{"count":2,"mean":20.875}'],
    ['summary.v1', '{"count":3,"mean":20.25}'],
  ]);
  expect([...host.state]).toEqual([['user.ada.counter/summary', '{"count":3,"mean":20.25}']]);
});

test('constants follow the manifest, and a changed schema changes the inputs and the sources', async () => {
  const folder = freshCapsule();
  const before = await buildCapsule(folder, 'counter');
  const constants = read(folder, 'impl/src/spec.ts').toString('utf8');
  expect(constants).toContain(`export const TOPIC_READING_V1 = 'reading.v1';`);
  edit(folder, 'spec/schemas/reading.v1.json', text => text.replace('"What was read."', '"A value."'));
  const after = await buildCapsule(folder, 'counter');
  expect(read(folder, 'impl/src/spec.ts').toString('utf8')).not.toBe(constants);
  expect(after.note.input_hash).not.toBe(before.note.input_hash);
  expect(after.digest).toBe(before.digest);
});

test('all compile errors are reported with file, line, column and frame, and nothing is written', async () => {
  const folder = freshCapsule();
  edit(folder, 'impl/src/main.ts', text => `${text}\nlet x: i32 = 'a';\nmissing();\n`);
  const [first, second] = await refused(() => buildCapsule(folder, 'counter'));
  expect(first).toMatchObject({
    code: 'VNES5402',
    severity: 'error',
    place: { file: 'counter/impl/src/main.ts', line: 34, column: 14 },
  });
  expect(first!.place!.frame).toContain(`let x: i32 = 'a';`);
  expect(second).toMatchObject({ message: "Cannot find name 'missing'", place: { line: 35, column: 1 } });
  expect(existsSync(join(folder, 'impl/capsule.wasm'))).toBe(false);
  expect(existsSync(join(folder, 'impl/build.json'))).toBe(false);
});

test('sources may not reach outside impl/src', async () => {
  const folder = freshCapsule({}, { 'other.ts': 'export const answer = 42;' });
  edit(
    folder,
    'impl/src/main.ts',
    text => `import { answer } from '../../other';\n${text}\nexport const a = answer;\n`,
  );
  const [first] = await refused(() => buildCapsule(folder, 'counter'));
  expect(first!.code).toBe('VNES5402');
  expect(first!.message).toContain('other');
});

test.each([
  ['Math.random()', 'env.seed'],
  ['<f64>Date.now()', 'env.Date.now'],
])('%s is refused: no capsule gets %s', async (expression, name) => {
  const folder = freshCapsule();
  edit(folder, 'impl/src/main.ts', text => text.replace('.asNumber();', `.asNumber() + ${expression};`));
  const [first] = await refused(() => buildCapsule(folder, 'counter'));
  expect(first).toMatchObject({ code: 'VNES5404', found: name });
});

type Change = (folder: string) => void;
const INCOMPLETE: readonly (readonly [what: string, change: Change, code: string, named: string])[] = [
  ['no spec', folder => rmSync(join(folder, 'spec'), { recursive: true }), 'VNES5406', 'spec'],
  [
    'no schema',
    folder => rmSync(join(folder, 'spec/schemas/summary.v1.json')),
    'VNES5406',
    'summary.v1.json',
  ],
  ['no main', folder => rmSync(join(folder, 'impl/src/main.ts')), 'VNES5406', 'main.ts'],
  ['no manifest', folder => rmSync(join(folder, 'manifest.json')), 'VNES1020', 'manifest.json'],
  [
    'a broken schema',
    folder => writeFileSync(join(folder, 'spec/schemas/summary.v1.json'), '{'),
    'VNES1002',
    'summary',
  ],
  [
    'an unknown language',
    folder => edit(folder, 'manifest.json', text => text.replace('assemblyscript', 'cobol')),
    'VNES5405',
    'manifest',
  ],
  [
    'no language',
    folder => edit(folder, 'manifest.json', text => text.replace('"language"', '"dialect"')),
    'VNES5405',
    'manifest',
  ],
  [
    'a component among the sources',
    folder => edit(folder, 'manifest.json', text => text.replace('impl/capsule', 'impl/src/capsule')),
    'VNES5406',
    'manifest',
  ],
  [
    'a component outside',
    folder => edit(folder, 'manifest.json', text => text.replace('impl/capsule', 'impl/../../capsule')),
    'VNES5406',
    'manifest',
  ],
];

test.each(INCOMPLETE)('%s is refused before anything compiles', async (_what, change, code, named) => {
  const folder = freshCapsule();
  change(folder);
  const [first] = await refused(() => buildCapsule(folder, 'counter'));
  expect(first!.code).toBe(code);
  expect(first!.place!.file).toContain(named);
  expect(existsSync(join(folder, 'impl/capsule.wasm'))).toBe(false);
});

test('a compiler is taken from the capsule first, then from above it, and its absence is said with what to type', async () => {
  const folder = temporaryFolder();
  const tool = { name: 'compiler-that-nobody-has', entry: 'main.js' };
  const [first] = await refused(() => findTool(tool, folder, 'counter'));
  expect(first).toMatchObject({ code: 'VNES5401', help: 'npm install --prefix counter' });
  const above = freshCapsule(
    {},
    {
      'node_modules/compiler-that-nobody-has/package.json': '{"version":"1.0.0"}',
      'node_modules/compiler-that-nobody-has/main.js': '',
    },
  );
  expect(findTool(tool, join(above, 'impl'), 'counter').version).toBe('1.0.0');
  expect(findTool({ name: 'assemblyscript', entry: 'dist/asc.js' }, folder, 'counter').version).toBe(
    '0.28.20',
  );
});

test.each(['not json', '{}', undefined])(
  'a compiler that does not say its version is refused: %s',
  async text => {
    const home = 'node_modules/compiler-that-nobody-has';
    const files = {
      [`${home}/main.js`]: '',
      ...(text === undefined ? {} : { [`${home}/package.json`]: text }),
    };
    const tool = { name: 'compiler-that-nobody-has', entry: 'main.js' };
    const [first] = await refused(() => findTool(tool, freshCapsule({}, files), 'counter'));
    expect(first).toMatchObject({ code: 'VNES5401', message: expect.stringContaining('its version') });
  },
);

test.each([
  'x.wasm',
  '../x.wasm',
  'impl',
  'impl/',
  'impl//x.wasm',
  'impl/./x.wasm',
  'impl/../x.wasm',
  'impl/src/x.wasm',
  'impl/build.json',
  'impl/x\0',
  'impl/x\ny',
  'impl/x\\y',
  'impl/con',
])('no component is written to %j', async wasm => {
  const folder = freshCapsule();
  edit(folder, 'manifest.json', text => text.replace('"impl/capsule.wasm"', JSON.stringify(wasm)));
  const [first] = await refused(() => planBuild(folder, 'counter'));
  expect(first).toMatchObject({ code: 'VNES5406', place: { pointer: '/interfaces/wasm' } });
});

test('--check accepts a fresh build and names what differs', async () => {
  const folder = freshCapsule();
  await buildCapsule(folder, 'counter');
  expect((await checkBuild(folder, 'counter')).diagnostics).toEqual([]);
  edit(folder, 'impl/src/main.ts', text => text.replace(' readings', ' values'));
  const stale = (await checkBuild(folder, 'counter')).diagnostics;
  expect(stale.map(({ code, place }) => [code, place?.file])).toEqual([
    ['VNES5407', 'counter/impl/build.json'],
    ['VNES5407', 'counter/impl/capsule.wasm'],
  ]);
  rmSync(join(folder, 'impl/capsule.wasm'));
  const missing = (await checkBuild(folder, 'counter')).diagnostics.at(-1);
  expect(missing).toMatchObject({ code: 'VNES5407', found: 'no file' });
});

test('JavaScript: builds, counts, refuses, traps, and sees virtual time and the randomness of the run', async () => {
  const folder = freshCapsule({ template: 'wasm-js' });
  edit(folder, 'impl/src/main.js', text =>
    text.replace(
      'export function handle(event) {',
      `${JS_PROBE}\nexport function handle(event) {\n  probe(event);`,
    ),
  );
  const { component, note } = await buildCapsule(folder, 'counter');
  expect(note).toMatchObject({ reproducible: false, toolchain: [{ version: '0.23.0' }] });
  const host = new Host();
  const guest = await host.load(component);
  guest.init('{}');
  host.time = 86_400_000n;
  guest.handle(event('reading.v1', { value: 20.5 }, 'a'));
  expect(host.published).toEqual([['summary.v1', '{"count":1,"mean":20.5}', 'a']]);
  expect(host.logs[0]).toEqual(['info', '86400000 1970-01-02T00:00:00.000Z 0.00393695']);
  expect(refusalOf(() => guest.handle(event('reading.v1', { value: -1 })))).toBe('no negative values');
  expect(() => guest.handle(event('reading.v1', { value: -2 }))).toThrow(/unreachable/);
  expect(host.logs.at(-1)).toEqual(['error', 'TypeError: broken']);

  const checked = (await checkBuild(folder, 'counter')).diagnostics;
  expect(checked.map(({ code, severity }) => [code, severity])).toEqual([['VNES5408', 'warning']]);
  writeFileSync(join(folder, 'impl/capsule.wasm'), 'something else');
  const swapped = (await checkBuild(folder, 'counter')).diagnostics;
  expect(swapped.map(({ code, place }) => [code, place?.file])).toEqual([
    ['VNES5407', 'counter/impl/build.json'],
  ]);
}, 90_000);

const JS_PROBE = `import { Refusal } from './vnes.js';
function probe({ payload: { value } }) {
  log.info([Date.now(), new Date().toISOString(), Math.random().toFixed(8)].join(' '));
  if (value === -1) throw new Refusal('no negative values');
  if (value === -2) throw new TypeError('broken');
}`;

test.each([
  [
    'a syntax error',
    'foo bar',
    { code: 'VNES5402', place: { file: 'counter/impl/src/logic.js', line: 8, column: 5 } },
  ],
  ['a host call at the top level', 'export const t = Date.now();', { code: 'VNES5403' }],
])('JavaScript: %s is refused', async (_what, line, expected) => {
  const folder = freshCapsule({ template: 'wasm-js' });
  edit(folder, 'impl/src/logic.js', text => `${text}${line}\n`);
  const [first] = await refused(() => buildCapsule(folder, 'counter'));
  expect(first).toMatchObject(expected);
  expect(existsSync(join(folder, 'impl/capsule.wasm'))).toBe(false);
});
