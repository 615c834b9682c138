import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_START, frameHeader, segmentHeader, statedChain } from '../../src/store/frame.ts';
import { folder } from './recording.ts';

/** Writes a journal whose framing is sound, whatever its payloads say. */
export function forge(payloads: readonly (string | Uint8Array)[]): string {
  const dir = folder();
  const parts: Uint8Array[] = [segmentHeader(1, CHAIN_START)];
  let chain = CHAIN_START;
  for (const payload of payloads) {
    const bytes = Buffer.from(payload as string);
    const header = frameHeader(bytes, chain);
    chain = statedChain(header);
    parts.push(header, bytes);
  }
  mkdirSync(join(dir, 'journal'));
  writeFileSync(join(dir, 'journal', '00000001.vnj'), Buffer.concat(parts));
  return dir;
}
