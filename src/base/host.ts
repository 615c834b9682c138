import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import type { Ports } from './ports.ts';

/** The ports onto this machine. The only file that reads the time, randomness and the environment. */
export function hostPorts(): Ports {
  return {
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      // Not node:timers/promises, which takes 2 ms to load at every start.
      sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
    },
    entropy: { bytes: length => randomBytes(length) },
    env: {
      cwd: process.cwd(),
      get: name => process.env[name],
      home: homedir(),
      platform: process.platform,
      nodeVersion: process.versions.node,
    },
  };
}
