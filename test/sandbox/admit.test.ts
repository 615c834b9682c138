import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { inspectComponent } from '../../src/sandbox/wasm/admit.ts';
import { assemble, dummy, WIT } from './probe.ts';

const place = { file: 'impl/capsule.wasm' };

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await inspectComponent(bytes, place).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error('no failure');
  expect(error.diagnostics[0].place).toEqual(place);
  return `${error.diagnostics[0].code} ${error.diagnostics[0].found}`;
}

describe('inspectComponent', () => {
  test('admits the whole world', async () => {
    const found = await inspectComponent(await dummy(), place);
    expect(found.exports).toEqual(['init', 'handle', 'serve']);
    expect(found.imports).toContain('vnes:capsule/entropy@1.0.0');
  });

  test('refuses any other interface by its name', async () => {
    const wit = `${WIT.replace('import log;', 'import log;\n  import wasi:sockets/network@0.2.0;')}
      package wasi:sockets@0.2.0 { interface network { connect: func() -> u32; } }`;
    expect(await refusal(await dummy(wit))).toBe('VNES5002 instance wasi:sockets/network@0.2.0');
  });

  test('refuses another version of the world', async () => {
    const wit = WIT.replace('package vnes:capsule@1.0.0', 'package vnes:capsule@2.0.0');
    expect(await refusal(await dummy(wit))).toMatch(/^VNES5002 instance vnes:capsule\/\w+@2\.0\.0$/);
  });

  test('refuses a function import of the world itself', async () => {
    const wit = WIT.replace('import log;', 'import log;\n  import escape: func();');
    expect(await refusal(await dummy(wit))).toBe('VNES5002 function escape');
  });

  test('refuses a component without serve', async () => {
    const wit = WIT.replace(/export serve: .*;/, '');
    expect(await refusal(await dummy(wit))).toBe('VNES5003 init, handle');
  });

  test.each([
    ['an empty file', async () => new Uint8Array()],
    ['a core module', () => assemble('(module)')],
    ['5 bytes of something else', async () => Buffer.from('hello')],
  ])('refuses %s', async (found, make) => {
    expect(await refusal(await make())).toBe(`VNES5001 ${found}`);
  });

  test('a damaged component is admitted or refused, never an exception', async () => {
    const whole = await dummy();
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, value, cut) => {
        const damaged = cut ? whole.slice(0, at) : Uint8Array.from(whole);
        if (!cut) damaged[at] = value;
        const error = await inspectComponent(damaged, place).catch((reason: unknown) => reason);
        expect(error instanceof Error ? error : new Failure({} as never)).toBeInstanceOf(Failure);
      }),
      { numRuns: 300 },
    );
  });
});
