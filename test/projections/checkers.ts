import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Diagnostic, Failure } from '../../src/base/diagnostic.ts';
import { stands } from '../../src/trust/grade.ts';
import { parseProof } from '../../src/trust/parse-proof.ts';
import { isEmpty, recheckProof } from '../../src/trust/recheck.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs');

/** Runs docs/recheck.py over many files in one process; that is its own `main`, without the printing. */
const DRIVER = `
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import recheck
print(json.dumps([recheck.main(path) for path in sys.stdin.read().split()]))
`;

/** What a checker says: the exit status of the second one, and the folders of the capsules that it admits. */
export interface Opinion {
  readonly status: number;
  readonly admitted: readonly string[];
}

/** The opinion of vnes recheck, decided in this process. */
export function ours(text: string): Promise<Opinion> {
  return opinion(text, () => true);
}

/** As {@link ours}, but for the words in which a check is told, which the second checker does not look at. */
export function oursInResults(text: string): Promise<Opinion> {
  return opinion(text, ({ found }) => found !== 'in the proof: other evidence');
}

async function opinion(text: string, counts: (found: Diagnostic) => boolean): Promise<Opinion> {
  try {
    const proof = await parseProof(Buffer.from(text, 'utf8'), 'proof.json');
    const { verdicts, change, diagnostics } = recheckProof(proof, 'proof.json');
    const admitted = verdicts.filter(verdict => verdict.admitted).map(({ folder }) => folder);
    const good = !diagnostics.some(counts) && admitted.length === verdicts.length && change.every(stands);
    return { status: !good ? 1 : isEmpty(proof) ? 4 : 0, admitted };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: 2, admitted: [] };
  }
}

/** The opinions of docs/recheck.py, which shares no code with ours. */
export function theirs(texts: readonly string[]): readonly Opinion[] {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-proofs-'));
  try {
    const files = texts.map((text, index) => {
      const file = path.join(folder, `${index}.json`);
      writeFileSync(file, text);
      return file;
    });
    return opinionsOf(files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function opinionsOf(files: readonly string[]): readonly Opinion[] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', DRIVER, DOCS], {
    encoding: 'utf8',
    input: files.join('\n'),
    env: { PATH: process.env.PATH },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as [number, string[]][]).map(([code, lines]) => ({
    status: code,
    admitted: lines.filter(line => line.startsWith('verified  ')).map(line => line.split('  ')[2]!),
  }));
}
