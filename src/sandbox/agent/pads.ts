import type { CoreExports } from './component/link.ts';
import type { Pool } from './pool.ts';

const ALIGNMENT = 8;
/** No text of a capsule, and no number that one would expect. */
const RUBBISH = 0xa5;

type Realloc = (block: number, oldSize: number, alignment: number, newSize: number) => number;

/**
 * Takes blocks from the memory of each module that gives any, as the canonical ABI lets a host do, and never gives them back. What the
 * modules take later lies elsewhere. It costs the guest nothing.
 */
export function takeBlocks(modules: readonly CoreExports[], sizes: readonly number[], pool: Pool): void {
  pool.aside(() => {
    for (const { cabi_realloc: realloc, memory } of modules) {
      if (typeof realloc !== 'function' || !(memory instanceof WebAssembly.Memory)) continue;
      for (const size of sizes) {
        const at = (realloc as Realloc)(0, 0, ALIGNMENT, size);
        new Uint8Array(memory.buffer, at, size).fill(RUBBISH);
      }
    }
  });
}
