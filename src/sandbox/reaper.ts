import { spawn } from 'node:child_process';

/**
 * A process in a loop does not notice that its host is gone. So a shell waits on a pipe from the host, which the system closes
 * however the host ends, and then kills the process. POSIX only; elsewhere nothing is started. Call the result once `pid` has
 * ended, before the system can give its number to another process.
 */
export function reapWithHost(pid: number): () => void {
  const reaper = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$1"', 'sh', String(pid)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.on('error', () => {});
  reaper.stdin.on('error', () => {});
  reaper.unref();
  return () => void reaper.kill('SIGKILL');
}
