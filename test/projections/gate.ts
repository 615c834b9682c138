import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TrustStore } from '../../src/trust/store.ts';
import type { Proven, Verdict } from '../../src/trust/verdict.ts';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { MANIFEST, newKey, portsIn, temporaryFolder, trusting, writeFiles } from '../trust/capsules.ts';
import { signNow } from '../trust/sign-now.ts';

/** A folder with capsules of every kind: two good ones, and some that are refused for different reasons. */
export function gate() {
  const folder = temporaryFolder();
  const key = newKey();
  const trust = trusting(['user.ada.*'], key);
  const at = (name: string) => path.join(folder, name);
  for (const name of ['a_good', 'b_changed', 'c_unsigned', 'd_schema', 'e_stranger', 'f_good']) {
    writeFiles(at(name), {
      'manifest.json': JSON.stringify({ ...MANIFEST, id: `user.ada.${name}` }, undefined, 2),
      'spec/logic.md': '# Counter\n',
      'impl/a b, 100%.txt': `${name}\n`,
      'impl/capsule.bin': new Uint8Array([0, 1, 2, 255]),
    });
    signNow(at(name), name, name === 'e_stranger' ? newKey() : key, portsIn(folder));
  }
  appendFileSync(at('b_changed/impl/a b, 100%.txt'), 'more');
  chmodSync(at('b_changed/spec/logic.md'), 0o755);
  writeFileSync(at('b_changed/impl/added'), 'x');
  rmSync(at('c_unsigned/receipt.stunir.json'));
  writeFileSync(at('d_schema/manifest.json'), '{\n  "id": "user.ada.d_schema",\n  "version": 7\n}\n');
  const trustFile = at('trusted.json');
  const [entry] = trust.keys;
  writeFileSync(
    trustFile,
    JSON.stringify({
      version: 1,
      keys: [{ name: 'ada', public_key: entry!.key.base64, namespaces: ['user.ada.*'] }],
    }),
  );
  return { folder, at, key, trust, trustFile };
}

export const CAPSULES = ['a_good', 'b_changed', 'c_unsigned', 'd_schema', 'e_stranger', 'f_good'] as const;

/** What verify comes to for these folders. */
export function provenIn(
  folder: string,
  trust: TrustStore,
  names: readonly string[] = CAPSULES,
): readonly Proven[] {
  return names.map(name => {
    const { verdict, walk } = verifyCapsule(path.join(folder, name), name, trust);
    return { verdict, walk };
  });
}

export function verdictsIn(folder: string, trust: TrustStore): readonly Verdict[] {
  return provenIn(folder, trust).map(({ verdict }) => verdict);
}

/** A refused capsule whose words try everything that some reader could obey. */
export function hostileVerdict(text: string): Verdict {
  return {
    folder: text,
    grade: 'quarantined',
    admitted: false,
    signers: [],
    checks: [
      { id: 'layout', proves: text, result: 'pass', evidence: text },
      {
        id: 'receipt.files',
        proves: text,
        result: 'fail',
        evidence: text,
        diagnostics: [
          {
            code: 'VNES2004',
            severity: 'error',
            message: text,
            place: { file: `${text}/file` },
            expected: text,
            found: text,
            help: text,
          },
        ],
      },
      { id: 'receipt.tree', proves: text, result: 'blocked', evidence: text },
    ],
  };
}

/** Line ends, commands of CI systems, colours, direction marks, XML, Markdown, a null and half a character. */
export const HOSTILE =
  '\r\n::error::x\n::add-mask::%0A,a:b ]]><b>&amp;"\'</failure> | `x` [l](javascript:1) <img src=x> \u001b[31m \u202e \u0000 \ud83d \ufffe';

/** A copy of a folder's file, for tests that change it. */
export function read(file: string): string {
  return readFileSync(file, 'utf8');
}

export function scratch(): string {
  const folder = path.join(temporaryFolder(), 'out');
  mkdirSync(folder);
  return folder;
}
