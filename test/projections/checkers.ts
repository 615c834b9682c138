import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../src/base/diagnostic.ts';
import { parseProof } from '../../src/trust/parse-proof.ts';
import { recheckProof } from '../../src/trust/recheck.ts';
import { temporaryFolder } from '../trust/capsules.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../docs/recheck.py');

/** Runs docs/recheck.py over many files in one process; that is its own `main`, without the printing. */
const DRIVER = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('recheck', sys.argv[1])
recheck = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(recheck)
print(json.dumps([recheck.main(path) for path in sys.argv[2:]]))
`;

/** What a checker says: its exit status, and the folders of the capsules that it admits. */
export interface Opinion {
  readonly status: number;
  readonly admitted: readonly string[];
}

/** The opinions of vnes recheck, decided in this process. */
export function ours(text: string): Opinion {
  try {
    const proof = parseProof(Buffer.from(text, 'utf8'), 'proof.json');
    const { verdicts, diagnostics } = recheckProof(proof, 'proof.json');
    const admitted = verdicts.filter(verdict => verdict.admitted).map(({ folder }) => folder);
    return { status: diagnostics.length === 0 && admitted.length === verdicts.length ? 0 : 1, admitted };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: 2, admitted: [] };
  }
}

/** The opinions of docs/recheck.py, which shares no code with ours. */
export function theirs(texts: readonly string[]): readonly Opinion[] {
  const folder = path.join(temporaryFolder(), 'proofs');
  mkdirSync(folder);
  const files = texts.map((text, index) => {
    const file = path.join(folder, `${index}.json`);
    writeFileSync(file, text);
    return file;
  });
  const { status, stdout, stderr } = spawnSync('python3', ['-c', DRIVER, PROGRAM, ...files], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  if (status !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as [number, string[]][]).map(([code, lines]) => ({
    status: code,
    admitted: lines.filter(line => line.startsWith('verified  ')).map(line => line.split('  ')[2]!),
  }));
}
