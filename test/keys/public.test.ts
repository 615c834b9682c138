import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPublicKey } from '../../src/trust/key-folder.ts';
import { parsePublicKey } from '../../src/trust/public-key-text.ts';
import { fingerprint, publicBlob, sshPublicKey } from '../../src/trust/ssh/public-key.ts';
import { sshString } from '../../src/trust/ssh/strings.ts';
import { newKey, portsIn, temporaryFolder } from '../trust/capsules.ts';
import { failure, HAS_AGENT } from './agents.ts';

const KEY = newKey().public;
const LINE = sshPublicKey(KEY);
const base64 = (...fields: readonly (string | Uint8Array)[]) =>
  Buffer.concat(fields.map(field => sshString(field))).toString('base64');

describe('a public key is read', () => {
  test.each<[string, string]>([
    ['from PEM', KEY.pem],
    ['from PEM without a line end', KEY.pem.trim()],
    ['from PEM with the line ends of Windows', KEY.pem.replaceAll('\n', '\r\n')],
    ['from base64', KEY.base64],
    ['from base64 and a line end', `${KEY.base64}\n`],
    ["from OpenSSH's line", LINE],
    ["from OpenSSH's line with a comment", `${LINE} ada@laptop, naïve\n`],
  ])('%s', (_, text) => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'key'), text);
    expect(parsePublicKey(text).base64).toBe(KEY.base64);
    expect(readPublicKey('key', portsIn(folder)).base64).toBe(KEY.base64);
  });

  test.skipIf(!HAS_AGENT)('as ssh-keygen writes and names it', () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ada', '-f', file]);
    const key = readPublicKey('key.pub', portsIn(folder));
    const [, print] = execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).split(' ');
    expect(fingerprint(publicBlob(key))).toBe(print);
  });
});

describe('a public key is refused', () => {
  const raw = KEY.raw;
  test.each<[string, string]>([
    ['when there is nothing', ''],
    ['with something before it', `restrict ${LINE}`],
    ['with a space before it', ` ${LINE}`],
    ['with two spaces in it', LINE.replace(' ', '  ')],
    ['with a tab in it', LINE.replace(' ', '\t')],
    ['when there are two', `${LINE}\n${LINE}`],
    ['when PEM has something before it', `x\n${KEY.pem}`],
    ['when PEM holds spaces', KEY.pem.replace('MCow', 'MC ow')],
    ['when there are two in PEM', KEY.pem + KEY.pem],
    [
      'when it is a private key',
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n',
    ],
    ['with a name that is not that of its blob', LINE.replace('ssh-ed25519', 'ssh-ed448')],
    ['of RSA', `ssh-rsa ${base64('ssh-rsa', Buffer.of(1, 0, 1), Buffer.alloc(256, 0x7f))}`],
    ['of ECDSA', `ecdsa-sha2-nistp256 ${base64('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(65, 4))}`],
    ['on a FIDO device', `sk-ssh-ed25519@openssh.com ${base64('sk-ssh-ed25519@openssh.com', raw, 'ssh:')}`],
    [
      'with a certificate round it',
      `ssh-ed25519-cert-v01@openssh.com ${base64('ssh-ed25519-cert-v01@openssh.com', 'nonce', raw)}`,
    ],
    ['of 31 bytes', `ssh-ed25519 ${base64('ssh-ed25519', raw.subarray(1))}`],
    ['with more in its blob', `ssh-ed25519 ${base64('ssh-ed25519', raw, '')}`],
    [
      'with a blob that is cut',
      `ssh-ed25519 ${Buffer.from(LINE.slice(12), 'base64').subarray(0, -1).toString('base64')}`,
    ],
    ['with stray bits in its base64', LINE.replace(/.$/, '=')],
    [
      'in the other base64',
      `ssh-ed25519 ${base64('ssh-ed25519', Buffer.alloc(32, 0xfb)).replaceAll('+', '-')}`,
    ],
    ['of small order in base64', `MCowBQYDK2VwAyEA${'A'.repeat(43)}=`],
    ['of small order in PEM', KEY.pem.replace(/MCow.*/, `MCowBQYDK2VwAyEA${'A'.repeat(43)}=`)],
    ['of small order', `ssh-ed25519 ${base64('ssh-ed25519', Buffer.alloc(32))}`],
    ['that is not canonical', `ssh-ed25519 ${base64('ssh-ed25519', Buffer.alloc(32, 0xff))}`],
  ])('%s', async (_, text) => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'key'), text);
    expect((await failure(() => readPublicKey('key', portsIn(folder))))?.code).toBe('VNES2033');
  });
});
