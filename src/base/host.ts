import { randomBytes } from 'node:crypto';
import { availableParallelism, homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
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
      home: homeFolder(),
      platform: process.platform,
      nodeVersion: process.versions.node,
      // Asks the system, for the few who want to know.
      get cores() {
        return availableParallelism();
      },
    },
  };
}

/** Not a `HOME` that is empty or relative: the folder that one works in would then say whom to trust. */
function homeFolder(): string {
  const home = homedir();
  return isAbsolute(home) ? home : userInfo().homedir;
}
