import { describe, expect, test } from 'vitest';
import { hostImports } from '../../src/capsule/imports/host-imports.ts';
import { pythonImports } from '../../src/capsule/imports/python.ts';

function named(source: string): string[] {
  return pythonImports(source).map(({ name, line }) => `${name}:${line}`);
}

describe('pythonImports', () => {
  test.each<[string, string[]]>([
    ['import random', ['random:1']],
    ['\uFEFFimport os, time as t, a . b', ['os:1', 'time:1', 'a.b:1']],
    ['x = 1\r\n\r\nimport time\rimport os', ['time:3', 'os:4']],
    ['try: import socket\nexcept E: pass; import ssl', ['socket:1', 'ssl:2']],
    ['from os.path import join as j, split', ['os.path:1', 'os.path.join:1', 'os.path.split:1']],
    ['from numpy import (\n  random, # why\n  array,\n)', ['numpy:1', 'numpy.random:1', 'numpy.array:1']],
    ['from os import *', ['os:1']],
    ['from . import random\nfrom .time import x\nfrom ... import os', []],
    ['import \\\n  random', ['random:1']],
    ['from \\\r\n os \\\r\n import path\nimport time', ['os:1', 'os.path:1', 'time:4']],
    ['import ｒandom', ['random:1']],
    ['def f():\n\tyield from random\n\traise E from time\n\timport os', ['os:4']],
    ['x = 1if y else 2;import os', ['os:1']],
  ])('reads %j', (source, expected) => {
    expect(named(source)).toEqual(expected);
  });

  test.each([
    '# import random',
    '"import random"',
    "'''\nimport random\n'''",
    "r'\\' ; import random'",
    "'a\\' import random'",
    '"a\\\nimport random"',
    'b"""x" import random"""',
    "f'{x}import random'",
    'f\'{x["import"]!r:>{width}} import random\'',
    'f"{d["import random"]}"',
    "f'{x:\"} import random'",
    "f'{{import random'",
    "rb'''\\''' ",
    'importrandom = 1',
    'x.imports',
    '',
  ])('finds no import in %j', source => {
    expect(named(source)).toEqual([]);
  });

  test.each([
    "'unclosed\nimport os",
    '"""a"""; import os',
    "f'{x}'; import os",
    'f"{d["k"]:{w}}"\nimport os',
    "f'{{'\nimport os",
    "u'' ''\nimport os",
    'name"text"\nimport os',
    '"a\\\r\n"\nimport os',
  ])('finds the import behind %j', source => {
    expect(named(source).map(found => found.split(':')[0])).toEqual(['os']);
  });
});

const encoder = new TextEncoder();

describe('hostImports', () => {
  test('names a module once a line, with what it brings in', () => {
    const source = 'import json\nimport os, os.path\nfrom numpy import random\nimport timeit\n';
    expect(hostImports('impl/src/main.py', encoder.encode(source))).toEqual([
      { path: 'impl/src/main.py', name: 'os', gives: 'the system', line: 2 },
      { path: 'impl/src/main.py', name: 'numpy.random', gives: 'randomness', line: 3 },
    ]);
  });

  test('looks at code only, and at Python only below impl', () => {
    const source = encoder.encode('import os');
    for (const path of ['impl/notes.txt', 'spec/example.py', 'main.py'])
      expect(hostImports(path, source)).toEqual([]);
  });

  test.each<[string, Uint8Array | undefined, string]>([
    ['impl/a.wasm', encoder.encode('text'), 'no WebAssembly'],
    ['impl/a.wasm', Buffer.from('0061736d0d0001000aff', 'hex'), 'bytes end'],
    ['impl/a.wasm', undefined, 'larger'],
    ['impl/a.py', Buffer.alloc(1024 * 1024 + 1, ' '), 'larger'],
    ['impl/a.py', encoder.encode('f"{'.repeat(100_000)), 'nested'],
  ])('says when %s cannot be read', (path, bytes, why) => {
    const [found, ...more] = hostImports(path, bytes);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ path, name: expect.stringContaining(why) });
    expect(found).not.toHaveProperty('gives');
  });

  test('reads the imports of a component and of a core module', () => {
    const component = section(10, [1, 0, ...named8('wasi:random/random@0.2.0'), 5, 0]);
    expect(hostImports('impl/a.wasm', wasm([0x0d, 0, 1, 0], component))).toEqual([
      { path: 'impl/a.wasm', name: 'wasi:random/random@0.2.0', gives: 'randomness' },
    ]);
    const item = (module: string, name: string, ...type: number[]) => [
      ...named8(module),
      ...named8(name),
      ...type,
    ];
    const core = section(2, [
      5,
      ...item('env', 'memory', 2, 1, 1, 2),
      ...item('env', 'table', 1, 0x70, 0, 1),
      ...item('env', 'global', 3, 0x7f, 0),
      ...item('env', 'tag', 4, 0, 0),
      ...item('wasi_snapshot_preview1', 'clock_time_get', 0, 0),
    ]);
    expect(hostImports('impl/a.wasm', wasm([1, 0, 0, 0], core))).toEqual([
      { path: 'impl/a.wasm', name: 'wasi_snapshot_preview1 clock_time_get', gives: 'the time' },
    ]);
  });
});

function wasm(version: readonly number[], ...sections: readonly number[][]): Uint8Array {
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, ...version, ...sections.flat()]);
}

function section(id: number, body: readonly number[]): number[] {
  if (body.length > 127) return [id, (body.length & 0x7f) | 0x80, body.length >> 7, ...body];
  return [id, body.length, ...body];
}

function named8(name: string): number[] {
  return [name.length, ...encoder.encode(name)];
}
