import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TierName } from '../../src/capsule/tier.ts';
import type { LoadedCapsule } from '../../src/kernel/binding.ts';
import { compileC } from '../native/native.ts';
import { type Cause, CORPUS, loaded } from './python-case.ts';

const FOLDER = new URL('native/', CORPUS);
const NAMES = readdirSync(FOLDER)
  .map(file => file.replace('.c', ''))
  .sort();
const textOf = (name: string) => readFileSync(new URL(`${name}.c`, FOLDER), 'utf8');

/** One program holds all causes; `runtime.config` says which of them it is. */
const MAIN = [
  '#include <stdint.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/auxv.h>',
  '#include "json.h"\n#include "vnes.h"',
  'static vnes_result say(double number) {',
  '  return vnes_publish(VNES_TEXT("out.v1"), json_write(json_number(number)), NULL);',
  '}',
  ...NAMES.map(
    name =>
      `#define planted ${name}_planted\n#define clean ${name}_clean\n${textOf(name)}\n#undef planted\n#undef clean`,
  ),
  'static char cause[128];',
  'vnes_result capsule_init(vnes_text config) {',
  '  memcpy(cause, config.at, config.size < 127 ? config.size : 127);',
  '  return vnes_ok();',
  '}',
  'vnes_result capsule_serve(vnes_text method, vnes_text payload) { return vnes_error(method); }',
  'vnes_result capsule_handle(const vnes_event *event) {',
  ...NAMES.flatMap(name =>
    ['planted', 'clean'].map(
      side => `  if (strstr(cause, "\\"${name} ${side}\\"")) return ${name}_${side}(event);`,
    ),
  ),
  '  if (!strstr(cause, "\\"all clean\\"")) return vnes_error(VNES_TEXT("no such cause"));',
  ...NAMES.map(name => `  ${name}_clean(event);`),
  '  return vnes_ok();',
  '}',
].join('\n');

export function buildNativeCauses(): Uint8Array {
  const room = mkdtempSync(join(tmpdir(), 'vnes-audit-native-'));
  try {
    writeFileSync(join(room, 'main.c'), MAIN);
    return compileC(join(room, 'main.c'));
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

/** All clean twins, one after the other for each event. */
export function allClean(program: Uint8Array): LoadedCapsule {
  return capsuleOf(program, 'all clean', 'D1');
}

function capsuleOf(program: Uint8Array, cause: string, tier: TierName): LoadedCapsule {
  const runtime = { memory_limit_mb: 64, config: { cause } };
  return loaded({ 'impl/capsule': program }, { native: 'impl/capsule' }, tier, runtime);
}

/** The causes of the corpus that are written in C and run as programs of the machine, which promise D1. */
export function nativeCauses(program: Uint8Array): readonly Cause[] {
  return NAMES.map(name => ({
    name,
    caughtBy: /Caught by: ([a-z-]+)\./.exec(textOf(name))![1]!,
    source: textOf(name),
    capsule: (side, tier = 'D1') => capsuleOf(program, `${name} ${side}`, tier),
  }));
}
