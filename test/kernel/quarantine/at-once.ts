import { sha256 } from '../../../src/base/digest.ts';
import { treeDigest } from '../../../src/capsule/tree.ts';
import { keepDecisions } from '../../../src/kernel/quarantine/keep.ts';

/** Decides about one capsule again and again, each time about content that no other process and no other round has. */
export function decision(
  { dir, cwd, rounds }: { readonly dir: string; readonly cwd: string; readonly rounds: number },
  number: number,
): void {
  for (let round = 0; round < rounds; round += 1) {
    const text = `${number} ${round}`;
    const file = { path: 'a', mode: '100644', size: text.length, sha256: sha256(text) } as const;
    const shared = { path: 'b', mode: '100644', size: 1, sha256: sha256('b') } as const;
    const kept = new Map([
      ['a', Buffer.from(text)],
      ['b', Buffer.from('b')],
    ]);
    const files = [file, shared];
    const verdict = {
      folder: 'capsule',
      grade: 'quarantined',
      admitted: false,
      signers: [],
      checks: [],
    } as const;
    keepDecisions(
      [
        {
          walk: { files, kept, problems: [], imports: [] },
          verdict: { ...verdict, tree: treeDigest(files) },
        },
      ],
      {
        dir,
        cwd,
        gate: 'run',
        trust: { keys: [], files: [] },
        now: 0,
      },
    );
  }
}
