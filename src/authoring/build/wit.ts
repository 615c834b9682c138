import { existsSync, readFileSync } from 'node:fs';
import { fail } from '../../base/diagnostic.ts';

/** Beside the bundle's chunk, a level above it, or in the sources. */
const PLACES = ['./vnes.wit', '../vnes.wit', '../../sandbox/wasm/vnes.wit'];

/** The world that every capsule is compiled against. */
export function capsuleWit(): { readonly path: string; readonly text: string } {
  for (const place of PLACES) {
    const { pathname } = new URL(place, import.meta.url);
    const path = decodeURIComponent(pathname);
    if (existsSync(path)) return { path, text: readFileSync(path, 'utf8') };
  }
  return fail('VNES5401', 'this installation of vnes lacks its WIT world', {
    expected: 'vnes.wit beside the program',
    help: 'install vnes again',
  });
}
