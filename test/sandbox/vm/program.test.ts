import { expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import type { Confinement } from '../../../src/sandbox/confine/types.ts';
import { programContents } from '../../../src/sandbox/vm/program-contents.ts';
import { memoryFor } from '../../../src/sandbox/vm/program-machine.ts';
import { programArguments } from '../../../src/sandbox/vm/qemu.ts';

const NOTHING = { program: { bytes: new Uint8Array() }, args: [], files: new Map() };
const LIMITS = { openFiles: 16, fileBytes: 0, cpuSeconds: 600, addressBytes: 64 * 1024 * 1024 };

// What recordings of programs in machines depend on. If one of these changes, so must the flag `machine` (src/store/flags.ts), and
// recordings with the old flag need what was before.
test('what stands for the flag "machine 1" is as it was', () => {
  const packed = (change: Partial<Confinement>) =>
    sha256(Buffer.concat(programContents({ ...NOTHING, policy: 'native', limits: LIMITS, ...change })));
  expect({
    native: packed({}),
    python: packed({ policy: 'python', args: ['-S'], environment: ['A=b'] }),
    arguments: sha256(Buffer.from(programArguments(128, 3).join('\n'))),
    memory: memoryFor(64 * 1024 * 1024, 1_000_000),
  }).toMatchInlineSnapshot(`
    {
      "arguments": "sha256:574daae436f72b16bb29709c79c1ce639f68befe7baa78f3b38e61862d572248",
      "memory": 162,
      "native": "sha256:1175c83454d50695be2481c79374cfde22685ec32d569819d80463c76bdd0f7d",
      "python": "sha256:8aa44ed2a12f3129d33d39d66d49e7cd760f211bf1ed96667c4dd8e30bfa7253",
    }
  `);
});
