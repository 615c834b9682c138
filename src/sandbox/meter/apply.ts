import { fail, type Place } from '../../base/diagnostic.ts';
import { Malformed } from '../../capsule/wasm/reader.ts';
import type { NanSign } from './emit.ts';
import { meterModule } from './meter.ts';
import { Refused } from './refusal.ts';

/** Meters one core module of a component. @throws Failure VNES5020 for what is not metered, VNES5004 for what is malformed */
export function meterCore(name: string, core: Uint8Array, place: Place, nans?: NanSign): Uint8Array {
  try {
    return meterModule(core, nans);
  } catch (error) {
    if (error instanceof Refused) return refuse(`${error.what}, at offset ${error.at} of ${name}`, place);
    if (error instanceof Malformed) return malformed(error.message, place);
    throw error;
  }
}

function refuse(found: string, place: Place): never {
  fail('VNES5020', 'the component uses what cannot be run bit-exactly', {
    place,
    expected: 'WebAssembly 2.0 with fixed-width SIMD, without threads and exceptions',
    found,
    help: 'build it without that feature: for clang and rustc leave out -matomics, -mtail-call, -mrelaxed-simd and -fwasm-exceptions',
  });
}

function malformed(found: string, place: Place): never {
  fail('VNES5004', 'a module of the component is malformed', { place, found, help: 'build it anew' });
}
