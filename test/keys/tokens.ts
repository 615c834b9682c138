import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Ports } from '../../src/base/ports.ts';
import { portsIn, temporaryFolder } from '../trust/capsules.ts';
import { has } from './agents.ts';

export const PIN = '4711-sésame';
const SO_PIN = '12345678';

/** Where distributions put SoftHSM's module. */
const MODULE = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
].find(file => existsSync(file));

/** Whether tokens can be made and asked here; says so when not. */
export const HAS_TOKENS =
  ['softhsm2-util', 'pkcs11-tool', 'python3'].every(program => has(program)) && MODULE !== undefined;

/** A folder of software tokens of the test's own. */
export class Tokens {
  readonly folder = temporaryFolder();
  readonly env = { SOFTHSM2_CONF: path.join(this.folder, 'softhsm2.conf') };
  readonly ports: Ports = portsIn(this.folder, { ...this.env, PATH: process.env.PATH! });
  readonly pinFile = path.join(this.folder, 'pin');

  constructor() {
    mkdirSync(path.join(this.folder, 'tokens'));
    writeFileSync(this.env.SOFTHSM2_CONF, `directories.tokendir = ${this.folder}/tokens\n`);
    writeFileSync(this.pinFile, `${PIN}\n`);
  }

  /** Makes a token. */
  init(label: string): void {
    const pins = ['--so-pin', SO_PIN, '--pin', PIN];
    this.run('softhsm2-util', ['--init-token', '--free', '--label', label, ...pins]);
  }

  /** Works on the objects of a token. */
  tool(token: string, ...words: readonly string[]): string {
    const login = ['--module', MODULE!, '--token-label', token, '--login', '--pin', PIN];
    return this.run('pkcs11-tool', [...login, ...words]);
  }

  /** Makes a key pair in a token. */
  pair(token: string, label: string, id: string, type = 'EC:edwards25519'): void {
    this.tool(token, '--keypairgen', '--key-type', type, '--label', label, '--id', id);
  }

  /** The name of a key, as --key takes it. */
  key(attributes: string): string {
    return `pkcs11:${attributes}?module-path=${MODULE}`;
  }

  private run(program: string, args: readonly string[]): string {
    const env = { PATH: process.env.PATH, HOME: this.folder, ...this.env };
    const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
    return stdout;
  }
}

/** Ports on which `python3` is this shell script. */
export function portsWithPython(script: string): { readonly ports: Ports; readonly folder: string } {
  const folder = temporaryFolder();
  const file = path.join(folder, 'python3');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { folder, ports: portsIn(folder, { PATH: `${folder}:${process.env.PATH}` }) };
}
