import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { seattleWeather, toEvents } from '../../scripts/demo/events.ts';
import type { WireDelivery } from '../../src/sandbox/protocol.ts';
import { linkingOf } from '../../src/sandbox/wasm/link/link.ts';
import { EXPORT_SIGNATURES, HOST_SIGNATURES } from '../../src/sandbox/wasm/link/signatures.ts';
import { transpile } from '../../src/sandbox/wasm/transpile.ts';
import { bothWays } from './both-ways.ts';
import { assemble, buildProbe, dummy, WIT, wrap } from './probe.ts';

const CAPSULES = new URL('../../fixtures/demo/capsules/', import.meta.url);

let probe: Uint8Array;
beforeAll(async () => {
  probe = await buildProbe();
}, 60_000);

function deliveries(keys: readonly (string | null)[], payload = '{"n":1}'): WireDelivery[] {
  return keys.map((key, offset) => ({
    subscriber: 'test.probe',
    topic: 'in.v1',
    partition: 3,
    offset,
    time: 1_000 + offset,
    key,
    payload,
  }));
}

describe('a component', () => {
  test('that has all of the world is linked, with the types of vnes.wit', async () => {
    const { linking } = linkingOf(await dummy())!;
    const hosts = linking.instances.flatMap(each => ('items' in each ? each.items : []));
    const named = hosts.flatMap(([, item]) => ('host' in item ? [item.host] : []));
    expect(named.sort()).toEqual(Object.keys(HOST_SIGNATURES).sort());
    expect(Object.keys(linking.exports).sort()).toEqual(Object.keys(EXPORT_SIGNATURES).sort());
  });

  test.each([
    [
      'an import of another type',
      WIT.replace('get: func(key: string) -> option<string>', 'get: func(key: string) -> option<u32>'),
    ],
    ['a record with other members', WIT.replace('partition: u32', 'partition: u64')],
    ['another enumeration', WIT.replace('enum level { debug, info,', 'enum level { info, debug,')],
    [
      'an export of another type',
      WIT.replace('export init: func(config: string)', 'export init: func(config: u32)'),
    ],
    ['a type that we do not know', WIT.replace('now: func() -> u64', 'now: func() -> f64')],
  ])('with %s has the glue of jco', async (_, wit) => {
    expect(wit).not.toBe(WIT);
    const component = await dummy(wit);
    expect(linkingOf(component)).toBeUndefined();
    expect(await transpile(component, { file: 'capsule.wasm' })).toHaveProperty('source');
  });

  test('that is cut off anywhere is never linked', async () => {
    const whole = await dummy();
    for (let size = 8; size < whole.length; size += 13) {
      const cut = linkingOf(whole.subarray(0, size));
      expect(cut === undefined || size > whole.length - 2000).toBe(true);
    }
  });
});

describe('by our linking and by the glue of jco, the same is', () => {
  test('whatever the probe does', async () => {
    const scripts = [
      'put own/y [1, 2];put own/x {"b":1,"a":2};delete own/a;publish out.v1 3 k;publish out.v1 4;log 2 hi',
      'get own/a;get own/none;get other/c;scan own/;scan other/;scan own/none;emit out.v1',
      'now;payload;random 0;random 33;emit out.v1',
      'log 0 a;log 1 b;log 3 ľ🙂;log 4 no',
      'call self count null;call self fail+ľ null;call self put+own/x+1 null;call none m 1;emit out.v1',
      'nest',
      'call self unreachable null;call self loop null;emit out.v1',
      'random 65537',
      'publish other.v1 1',
      'put own/x nope',
      'put other/x 1',
      'get svc/n',
      'big own/x 100000;grow 3;big own/y 70000;get own/x;emit out.v1',
      'log 3 why;unreachable',
      'divide',
      'outside',
      'loop',
      'fail ľ🙂',
      'fail',
      '',
    ];
    const keys = [...scripts.flatMap(script => [script, 'count;emit out.v1']), null];
    const { linked, glued } = await bothWays(probe, deliveries(keys, '"\\"ľ🙂 \\u0000"'), {
      config: '"count"',
    });
    expect(linked).toEqual(glued);
    expect(new Set(linked.map(([ended]) => (ended as { kind: string }).kind))).toEqual(
      new Set(['ok', 'error', 'trap']),
    );
  }, 30_000);

  test('an init that fails, or traps', async () => {
    for (const config of ['"fail no"', '"unreachable"', '"put own/a 1"', '"ľ"']) {
      const { linked, glued } = await bothWays(probe, deliveries(['count']), { config });
      expect(linked).toEqual(glued);
    }
  });

  test.each(readdirSync(CAPSULES))('what %s does', async name => {
    const manifest = JSON.parse(readFileSync(new URL(`${name}/manifest.json`, CAPSULES), 'utf8'));
    const component = readFileSync(new URL(`${name}/impl/capsule.wasm`, CAPSULES));
    const { bus, state } = manifest.interfaces;
    const events = toEvents(readFileSync(seattleWeather(), 'utf8')).slice(0, 60);
    const taken = (bus?.subscribes ?? [{ topic: 'none.v1' }]).map((each: { topic: string }) => each.topic);
    const sent = events.map(({ payload, time, key }, offset) => ({
      ...deliveries([key ?? null], JSON.stringify(payload))[0]!,
      topic: taken[offset % taken.length],
      offset,
      time,
    }));
    const rights = {
      config: JSON.stringify(manifest.runtime.config ?? {}),
      owns: state?.owns ?? [],
      publishes: (bus?.publishes ?? []).map((each: { topic: string }) => each.topic),
    };
    const { linked, glued } = await bothWays(component, sent, rights);
    expect(linked).toEqual(glued);
  });
});

/** A module of the world, with the functions that a test is about. */
function module(parts: {
  imports?: string;
  realloc?: string;
  handle?: string;
  after?: string;
  more?: string;
}): string {
  const { imports = '', realloc = '(i32.const 4096)', handle = '(i32.const 64)', after, more = '' } = parts;
  return `(module
    (import "vnes:capsule/log@1.0.0" "write" (func $log (param i32 i32 i32)))
    (import "vnes:capsule/state@1.0.0" "get" (func $get (param i32 i32 i32)))
    (import "vnes:capsule/bus@1.0.0" "publish" (func $publish (param i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "vnes:capsule/clock@1.0.0" "now" (func $now (result i64)))
    ${imports}
    (memory (export "memory") 1)
    (data (i32.const 128) "own/a\\ef\\bb\\bfx\\ff\\fe\\c3")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) ${realloc})
    (func (export "init") (param i32 i32) (result i32) i32.const 0)
    (func (export "handle") (param i32 i32 i32 i64 i64 i32 i32 i32 i32 i32) (result i32) ${handle})
    ${after === undefined ? '' : `(func (export "cabi_post_handle") (param i32) ${after})`}
    (func (export "serve") (param i32 i32 i32 i32) (result i32) i32.const 0)
    ${more})`;
}

describe('what breaks the canonical ABI ends the same by our linking and by the glue', () => {
  test.each<[string, Parameters<typeof module>[0]]>([
    ['nothing', {}],
    ['a result that lies outside', { handle: '(i32.const 65536)' }],
    ['a result below zero', { handle: '(i32.const -4)' }],
    ['a result of an unknown kind', { handle: '(i32.store8 (i32.const 64) (i32.const 2)) (i32.const 64)' }],
    [
      'an error whose text lies outside',
      {
        handle:
          '(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 68) (i32.const 65530)) (i32.store (i32.const 72) (i32.const 7)) (i32.const 64)',
      },
    ],
    [
      'an error whose text has a length beyond all',
      {
        handle:
          '(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 72) (i32.const -1)) (i32.const 64)',
      },
    ],
    [
      'an error whose text is no UTF-8',
      {
        handle:
          '(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 68) (i32.const 128)) (i32.store (i32.const 72) (i32.const 12)) (i32.const 64)',
      },
    ],
    [
      'an error with a byte order mark',
      {
        handle:
          '(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 68) (i32.const 133)) (i32.store (i32.const 72) (i32.const 4)) (i32.const 64)',
      },
    ],
    ['a block that lies outside', { realloc: '(i32.const 65534)' }],
    ['a block below zero', { realloc: '(i32.const -8)' }],
    ['room that is not given', { realloc: 'unreachable' }],
    [
      'room that is asked of the host',
      { realloc: '(call $log (i32.const 1) (i32.const 128) (i32.const 5)) (i32.const 4096)' },
    ],
    [
      'memory that grows while room is given',
      {
        realloc:
          '(drop (memory.grow (i32.const 1))) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4096))',
        handle:
          '(call $get (i32.const 128) (i32.const 5) (i32.const 64)) (i32.store8 (i32.const 64) (i32.const 1)) (i32.const 64)',
      },
    ],
    [
      'an unknown level',
      { handle: '(call $log (i32.const 9) (i32.const 128) (i32.const 5)) (i32.const 64)' },
    ],
    [
      'a level below zero',
      { handle: '(call $log (i32.const -1) (i32.const 128) (i32.const 5)) (i32.const 64)' },
    ],
    [
      'an option of an unknown kind',
      {
        handle:
          '(call $publish (i32.const 128) (i32.const 5) (i32.const 128) (i32.const 5) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 64)',
      },
    ],
    [
      'a text below zero',
      { handle: '(call $log (i32.const 1) (i32.const -1) (i32.const 5)) (i32.const 64)' },
    ],
    [
      'a length below zero',
      { handle: '(call $log (i32.const 1) (i32.const 128) (i32.const -5)) (i32.const 64)' },
    ],
    [
      'an empty text outside',
      { handle: '(call $log (i32.const 1) (i32.const 65537) (i32.const 0)) (i32.const 64)' },
    ],
    [
      'an answer that has no room',
      { handle: '(call $get (i32.const 128) (i32.const 5) (i32.const 65535)) (i32.const 64)' },
    ],
    ['a call while it cleans up', { after: '(call $log (i32.const 1) (i32.const 128) (i32.const 5))' }],
    ['a trap while it cleans up', { after: 'unreachable' }],
    ['a call when it starts', { more: '(func $begin (drop (call $now))) (start $begin)' }],
    [
      'a call with a text when it starts',
      { more: '(func $begin (call $log (i32.const 1) (i32.const 128) (i32.const 5))) (start $begin)' },
    ],
  ])('%s', async (_, parts) => {
    const component = await wrap(await assemble(module(parts)));
    const { linked, glued } = await bothWays(component, deliveries(['a', null, 'ľ']));
    expect(linked).toEqual(glued);
  });

  test('any bytes as a text', async () => {
    const hex = (bytes: Uint8Array) =>
      [...bytes].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 24 }), async bytes => {
        const log = `(call $log (i32.const 1) (i32.const 256) (i32.const ${bytes.length})) (i32.const 64)`;
        const more = `(data (i32.const 256) "${hex(bytes)}")`;
        const component = await wrap(await assemble(module({ handle: log, more })));
        const { linked, glued } = await bothWays(component, deliveries(['a']));
        expect(linked).toEqual(glued);
      }),
      { numRuns: 25 },
    );
  }, 30_000);
});
