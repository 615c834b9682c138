import { execFile } from 'node:child_process';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const CAPSULES = 'fixtures/demo/capsules';
export const TRUST = 'fixtures/demo/vnes.trust.json';

const PROGRAM = path.join(ROOT, 'bin/vnes.js');

/**
 * Runs the built command line with `--json` in the repository's root and answers with its report's `data`.
 * @throws Error with the diagnostics when the exit status is not 0.
 */
export function vnes(args, env = {}) {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [PROGRAM, ...args, '--json'], options, (error, stdout, stderr) => {
      if (!error) resolve(JSON.parse(stdout).data);
      else reject(new Error(`vnes ${args.join(' ')}\n${messagesOf(stdout) || stderr || error.message}`));
    });
  });
}

function messagesOf(stdout) {
  if (!stdout.startsWith('{')) return '';
  const { diagnostics } = JSON.parse(stdout);
  return diagnostics
    .map(({ code, message, help }) => `${code}: ${message}${help ? ` (${help})` : ''}`)
    .join('\n');
}
