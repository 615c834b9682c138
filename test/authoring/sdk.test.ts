import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePlan, planBuild } from '../../src/authoring/build/build.ts';
import { canonicalJson } from '../../src/base/canonical.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { event, freshCapsule, type Guest, Host, refusalOf } from './host.ts';

const PROBE = readFileSync(join(import.meta.dirname, 'probe.assembly'), 'utf8');
let compiled: Promise<Uint8Array> | undefined;

/** The probe, compiled once, in an instance of its own. */
async function probe(): Promise<{ host: Host; guest: Guest }> {
  compiled ??= compilePlan(planBuild(freshCapsule({}, { 'impl/src/main.ts': PROBE }), 'probe')).then(
    outcome => outcome.component,
  );
  const host = new Host();
  return { host, guest: await host.load(await compiled) };
}

test('every host function, with strings beyond ASCII, empty and absent values', async () => {
  const { host, guest } = await probe();
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
  expect(JSON.parse(host.state.get('out/a')!)).toEqual([
    String(2n ** 60n),
    '1700000000123',
    3,
    '42',
    '1,2,3,4',
    'kéy',
    'top-level code 1',
  ]);
  expect(host.state.has('in/a')).toBe(false);
});

test('errors of the guest and of the host arrive as they were', async () => {
  const { guest } = await probe();
  expect(refusalOf(() => guest.init('{"a":1}'))).toBe('é🙂 {"a":1}');
  expect(refusalOf(() => guest.handle(event('forbidden.v1', {})))).toBe('not declared: é🙂');
  expect(refusalOf(() => guest.serve('none', ''))).toBe('unknown method none');
});

test('a throw is a trap that says why and where in the log', async () => {
  const { host, guest } = await probe();
  expect(() => guest.handle(event('throw.v1', {}))).toThrow(/unreachable/);
  expect(host.logs).toEqual([['error', 'boom (impl/src/main.ts:13:34)']]);
});

test('broken JSON is a trap, never a value', async () => {
  for (const payload of [
    '',
    '{',
    '[1,]',
    '{"a"}',
    '"x',
    'nul',
    '1 2',
    '{"a":1,}',
    '-',
    '01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '1.2.3',
    '+1',
    '1-2',
  ]) {
    const { guest } = await probe();
    expect(() => guest.handle({ ...event('echo.v1', null), payload }), payload).toThrow(/unreachable/);
  }
});

test('JSON is read and written as the host writes it canonically', async () => {
  const { host, guest } = await probe();
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), value => {
      guest.handle({ ...event('echo.v1', null), payload: JSON.stringify(value, null, 1) });
      expect(host.published.pop()![1]).toBe(canonicalJson(JSON.parse(JSON.stringify(value)) as JsonValue));
    }),
    { numRuns: 300 },
  );
});

const view = new DataView(new ArrayBuffer(8));
const bitsOf = (value: number): string => {
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16);
};
const doubleOf = (hex: string): number => {
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
};

function expectSameNumbers(guest: Guest, values: readonly number[]): void {
  const texts = values.map(String);
  expect(guest.serve('format', values.map(bitsOf).join(' ')).split(' ')).toEqual(texts);
  expect(guest.serve('parse', texts.join(' ')).split(' ').map(doubleOf)).toEqual(texts.map(Number));
}

test('any double is written and read as ECMAScript does', async () => {
  const { guest } = await probe();
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  const everyday = fc.tuple(fc.integer(), fc.nat(20)).map(([whole, places]) => whole / 10 ** places);
  fc.assert(
    fc.property(fc.array(fc.oneof(double, everyday), { minLength: 1, maxLength: 50 }), values =>
      expectSameNumbers(guest, values),
    ),
    { numRuns: 100 },
  );
});

test('doubles at the edges: powers of two and ten, their neighbours, subnormals, half-way cases', async () => {
  const { guest } = await probe();
  const values = [
    0,
    5e-324,
    2.225073858507201e-308,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    1e23,
    0.1 + 0.2,
  ];
  for (let power = -1074; power < 1024; power += 3)
    values.push(2 ** power, 2 ** power * (1 + Number.EPSILON));
  for (let power = -323; power < 308; power += 2) values.push(Number(`1e${power}`), Number(`9.5e${power}`));
  values.push(1e15, 1e15 - 1, 999999999999999.9, 1e21, 1e-6, 9.5e-7, 123e-7, -1.5, -1e-300);
  expectSameNumbers(guest, values);
  const written = [
    '9007199254740993',
    '9007199254740992.5',
    '1.00000000000000011102230246251565404',
    '1.00000000000000011102230246251565405',
    '2.4703282292062327e-324',
    '2.4703282292062328e-324',
    '2.2250738585072011e-308',
    '0.00000000000000000000000000012345678901234567890',
    '100000000000000000000000000000000000000e-38',
    '0e999',
    '-0.000',
    '1E+3',
  ];
  expect(guest.serve('parse', written.join(' ')).split(' ').map(doubleOf)).toEqual(written.map(Number));
});

test('memory stays flat over 100,000 deliveries', async () => {
  const { host, guest } = await probe();
  const payload = { text: 'x'.repeat(500), numbers: [1, 2.5, 0.1], nested: { a: { b: [] } } };
  const deliver = (count: number): void => {
    for (let done = 0; done < count; done++) {
      guest.handle(event('echo.v1', payload, 'key'));
      host.published.length = 0;
    }
  };
  deliver(5_000);
  const before = host.memoryBytes;
  deliver(95_000);
  expect(host.memoryBytes).toBe(before);
  expect(before).toBeLessThan(4 * 1024 * 1024);
});
