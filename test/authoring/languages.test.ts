import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BuildOutcome, buildCapsule, compilePlan, planBuild } from '../../src/authoring/build/build.ts';
import { USUAL_MACHINE } from '../../src/authoring/build/program.ts';
import { canonicalJson } from '../../src/base/canonical.ts';
import { Failure } from '../../src/base/diagnostic.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { inspectComponent } from '../../src/sandbox/wasm/admit.ts';
import { lacks } from './compilers.ts';
import { event, freshCapsule, type Guest, Host, refusalOf, temporaryFolder } from './host.ts';

const LANGUAGES = [
  {
    language: 'c',
    main: 'impl/src/main.c',
    probe: 'probe.c',
    broken: 'int x = y;',
    constants: 'impl/src/spec.h',
  },
  {
    language: 'rust',
    main: 'impl/src/main.rs',
    probe: 'probe.rs',
    broken: 'const X: u8 = y;',
    constants: 'impl/src/spec.rs',
  },
] as const;

describe.each(LANGUAGES)('$language', ({ language, main, probe, broken, constants }) => {
  const absent = lacks(language);
  const template = `wasm-${language}`;
  let compiled: Promise<BuildOutcome> | undefined;
  const started = async (): Promise<{ host: Host; guest: Guest }> => {
    const text = readFileSync(join(import.meta.dirname, probe), 'utf8');
    compiled ??= compilePlan(planBuild(freshCapsule({ template }, { [main]: text }), 'probe'));
    const host = new Host();
    return { host, guest: await host.load((await compiled).component) };
  };

  test.skipIf(absent)(
    `builds to the same bytes in another folder, imports the host alone, and counts ${absent}`,
    async () => {
      const [one, two] = [freshCapsule({ template }), freshCapsule({ template })];
      const { component, note, warnings } = await buildCapsule(one, 'one');
      expect(warnings).toEqual([]);
      expect(note).toMatchObject({
        reproducible: true,
        transformations: [{ step: 'compile' }, { step: 'component' }],
      });
      await buildCapsule(two, 'two');
      for (const path of ['impl/capsule.wasm', 'impl/build.json', constants])
        expect(readFileSync(join(two, path)).equals(readFileSync(join(one, path))), path).toBe(true);
      expect(Buffer.from(component).includes(one)).toBe(false);
      const { exports } = await inspectComponent(component, { file: 'capsule.wasm' });
      expect([...exports].sort()).toEqual(['handle', 'init', 'serve']);
      const host = new Host();
      const guest = await host.load(component);
      guest.init('{}');
      for (const value of [20.5, 21.25, 19]) guest.handle(event('reading.v1', { value }, 'a'));
      expect(host.published.map(([, payload]) => JSON.parse(payload).mean)).toEqual([20.5, 20.875, 20.25]);
      expect(host.logs.at(-1)).toEqual(['debug', '3 readings']);
    },
    60_000,
  );

  test.skipIf(absent)(
    `runs no optimiser that it happens to find ${absent}`,
    async () => {
      const [plain, other] = [freshCapsule({ template }), freshCapsule({ template })];
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'wasm-opt'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      const searchPath = [folder, USUAL_MACHINE.searchPath].join(delimiter);
      const { component } = await buildCapsule(plain, 'plain');
      const beside = await buildCapsule(other, 'other', undefined, { ...USUAL_MACHINE, searchPath });
      expect(Buffer.from(beside.component).equals(component)).toBe(true);
    },
    60_000,
  );

  test.skipIf(absent)(
    `reaches every host function, with strings beyond ASCII, empty and absent values ${absent}`,
    async () => {
      const { host, guest } = await started();
      host.time = 42n;
      host.state.set('in/a', '1').set('in/é', '"🙂"').set('other', '0');
      guest.init('{}');
      guest.handle(event('all.v1', {}, 'kéy'));
      expect(host.logs).toEqual([
        ['info', 'in/a=1'],
        ['info', 'in/é="🙂"'],
        ['warn', 'null'],
        ['debug', '["geometry","distance","[1]"]'],
        ['error', 'the service said no'],
      ]);
      const position = JSON.parse(host.state.get('out/a')!);
      expect(position).toEqual([2 ** 60, 1_700_000_000_123, 3, 42, 1, 2, 3, 4, 'kéy']);
      expect(host.state.has('in/a')).toBe(false);
      expect(refusalOf(() => guest.init('{"a":1}'))).toBe('é🙂 {"a":1}');
      expect(refusalOf(() => guest.handle(event('forbidden.v1', {})))).toBe('not declared: é🙂');
      expect(refusalOf(() => guest.serve('none', ''))).toBe('unknown method none');
      expect(() => guest.handle(event('throw.v1', {}))).toThrow(/unreachable/);
      expect(host.logs.at(-1)).toEqual(['error', expect.stringContaining('boom')]);
    },
    60_000,
  );

  test.skipIf(absent)(
    `any JSON comes back as it was, and memory stays ${absent}`,
    async () => {
      const { host, guest } = await started();
      const value = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
      const number = fc.double({ noDefaultInfinity: true, noNaN: true });
      const property = fc.property(fc.oneof(value, fc.array(number)), given => {
        const answer = JSON.parse(guest.serve('echo', JSON.stringify(given)));
        expect(canonicalJson(answer)).toBe(canonicalJson(JSON.parse(JSON.stringify(given))));
      });
      fc.assert(property, { numRuns: 100 });
      const before = host.memoryBytes;
      fc.assert(property, { numRuns: 200 });
      expect(host.memoryBytes - before).toBeLessThan(256 * 1024);
    },
    60_000,
  );

  test.skipIf(absent)(
    `broken JSON is a trap ${absent}`,
    async () => {
      for (const text of [
        '',
        '{',
        '[1,]',
        '{"a"}',
        '"x',
        'nul',
        '1 2',
        '{"a":1,}',
        '-',
        '[[',
        '1e999',
        '"\\ud8',
        `${'['.repeat(101)}`,
      ]) {
        const { guest } = await started();
        expect(() => guest.serve('echo', text), text).toThrow(/unreachable/);
      }
    },
    60_000,
  );

  test.skipIf(absent)(`says where its sources do not compile ${absent}`, async () => {
    const folder = freshCapsule({ template });
    const lines = readFileSync(join(folder, main), 'utf8').split('\n').length;
    appendFileSync(join(folder, main), `${broken}\n`);
    const failure = await buildCapsule(folder, 'counter').catch((error: unknown) => error);
    expect((failure as Failure).diagnostics[0]).toMatchObject({
      code: 'VNES5402',
      place: { file: `counter/${main}`, line: lines, column: broken.indexOf('y') + 1 },
    });
    expect((failure as Failure).diagnostics[0].place?.frame).toContain(broken);
    expect(existsSync(join(folder, 'impl/capsule.wasm'))).toBe(false);
  });

  test.skipIf(absent)(
    `its own tests run outside of vnes ${absent}`,
    async () => {
      const folder = freshCapsule({ template });
      await buildCapsule(folder, 'counter');
      const before = readdirSync(folder, { recursive: true }).length;
      const { stdout } = await promisify(execFile)('sh', ['test/run.sh'], {
        cwd: folder,
        env: { PATH: '/usr/bin:/bin' },
      });
      expect(stdout).toMatch(/is expected|ok\. \d passed/);
      expect(readdirSync(folder, { recursive: true })).toHaveLength(before);
    },
    60_000,
  );

  test('says which packages bring a compiler that is not there', async () => {
    const machine = { searchPath: temporaryFolder() };
    const failure = await buildCapsule(freshCapsule({ template }), 'counter', undefined, machine).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).diagnostics[0]).toMatchObject({
      code: 'VNES5401',
      help: expect.stringMatching(/^apt-get install .*lld/),
    });
  });
});

test.skipIf(lacks('c'))(
  `C: what would differ from build to build, and headers of the system, are refused ${lacks('c')}`,
  async () => {
    const attempts = { __TIME__: 'VNES5402', '<stdio.h>': 'VNES5402', missing: 'VNES5403' };
    for (const [name, code] of Object.entries(attempts)) {
      const folder = freshCapsule({ template: 'wasm-c' });
      const line =
        name === 'missing'
          ? 'void missing(void); __attribute__((export_name("x"))) void x(void) { missing(); }'
          : name.startsWith('<')
            ? `#include ${name}`
            : `const char *x = ${name};`;
      appendFileSync(join(folder, 'impl/src/main.c'), `${line}\n`);
      const failure = await buildCapsule(folder, 'counter').catch((error: unknown) => error);
      expect((failure as Failure).diagnostics?.[0].code, name).toBe(code);
    }
  },
);
