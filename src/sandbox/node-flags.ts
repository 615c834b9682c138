import { type ChannelLimits, HEAP_MIB, STACK_MIB, YOUNG_MIB } from './channel.ts';

const PAGE = 65_536;

/**
 * Flags of a Node.js that runs an agent: it may read this file or folder and do nothing else (no writing, no processes, no
 * threads, no native code), and code from strings is off. The page limit is a second line behind the limits that are written
 * into each module.
 */
export function nodeFlags(limits: ChannelLimits, readable: string): readonly string[] {
  return [
    '--permission',
    `--allow-fs-read=${readable}`,
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${HEAP_MIB}`,
    `--max-semi-space-size=${YOUNG_MIB}`,
    `--stack-size=${STACK_MIB * 1024}`,
    `--wasm-max-mem-pages=${Math.max(1, Math.ceil(limits.memoryBytes / PAGE))}`,
    '--no-warnings',
  ];
}
