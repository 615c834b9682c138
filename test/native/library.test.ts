import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildCapsule } from '../../src/authoring/build/build.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { freshCapsule } from '../authoring/host.ts';
import { options, said, scripts } from '../sandbox/probe.ts';
import { ABSENT, nativeSpec } from './native.ts';

const MAIN = 'impl/src/library/main.c';
const HEAD = '#include "vnes.h"\nvnes_result capsule_init(vnes_text config) { return vnes_ok(); }\n';
const REST = 'vnes_result capsule_serve(vnes_text a, vnes_text b) { return vnes_ok(); }\n';

/** How `init` and one event end in a program that loads what these sources, or these bytes, make. */
async function outcomes(change: (folder: string) => void): Promise<unknown[]> {
  const folder = freshCapsule({ template: 'native-so' });
  change(folder);
  const { component } = await buildCapsule(folder, 'counter');
  const instance = await rungFor('tenant').start(options(nativeSpec(component)));
  try {
    const first = await instance.init();
    return [said(first), ...(first.kind === 'ok' ? (await instance.handle(scripts('x'))).map(said) : [])];
  } finally {
    await instance.stop();
  }
}

const source = (text: string) => (folder: string) => {
  for (const name of ['json.c', 'json.h', 'number.c']) rmSync(join(folder, 'impl/src/library', name));
  writeFileSync(join(folder, MAIN), text);
};

test.skipIf(ABSENT)(
  `a library is bound to what it may ask for, and has its data and its tables of functions ${ABSENT}`,
  async () => {
    const text = `${HEAD}${REST}
    static vnes_text names[] = {{"\\"one\\"", 5}, {"\\"two\\"", 5}};
    static int ready;
    __attribute__((constructor)) static void begin(void) { ready = 1; }
    static vnes_text pick(int at) { return names[at]; }
    vnes_text (*volatile chosen)(int) = pick;
    extern void absent(void) __attribute__((weak));
    vnes_result capsule_handle(const vnes_event *event) {
      if (absent) absent();
      return vnes_publish(VNES_TEXT("out.v1"), chosen(ready), 0);
    }`;
    expect(await outcomes(source(text))).toEqual([undefined, 'two']);
  },
  60_000,
);

test.skipIf(ABSENT)(
  `a library is refused when it needs what is not there ${ABSENT}`,
  async () => {
    const needy = `${HEAD}${REST}int printf(const char *, ...);
    vnes_result capsule_handle(const vnes_event *event) { printf("x"); return vnes_ok(); }`;
    expect(await outcomes(source(needy))).toEqual(['trap: the library needs printf']);
    const threads = `${HEAD}${REST}static _Thread_local int count;
    vnes_result capsule_handle(const vnes_event *event) { count++; return vnes_ok(); }`;
    expect((await outcomes(source(threads)))[0]).toMatch(
      /^trap: the library (has variables of threads|needs __tls_get_addr)$/,
    );
    expect(await outcomes(source(`${HEAD}${REST}`))).toEqual([
      undefined,
      'trap: the library does not export capsule_handle',
    ]);
  },
  60_000,
);

test.skipIf(ABSENT)(
  `a library of another compiler is taken as it is, and refused when it is none ${ABSENT}`,
  async () => {
    const broken = (folder: string) => writeFileSync(join(folder, 'impl/src/capsule.so'), 'no library');
    expect(await outcomes(broken)).toEqual(['trap: the library is none for this machine']);
    const foreign = (folder: string) => {
      const bytes = readFileSync('/bin/sh');
      bytes.writeUInt16LE(3, 16);
      writeFileSync(join(folder, 'impl/src/capsule.so'), bytes);
    };
    expect(await outcomes(foreign)).toEqual(['trap: the library needs other libraries']);
  },
  60_000,
);
