import path from 'node:path';

/** Where the program that runs inside a sandbox lies, and what a confined process must be allowed to read for it. */
export interface AgentLocation {
  readonly file: string;
  /** A folder of the sources, or the file itself. */
  readonly readable: string;
}

const HERE = import.meta.dirname;

/**
 * From the sources it is agent/main.ts, which imports more of `src/`. In the bundle it is `agent.js` beside the bundle's
 * chunks: one file that imports nothing but Node's own modules, built from src/sandbox/agent/main.ts.
 */
export function agentLocation(): AgentLocation {
  if (HERE.endsWith(path.join('src', 'sandbox'))) {
    return { file: path.join(HERE, 'agent', 'main.ts'), readable: path.dirname(HERE) };
  }
  const file = path.join(HERE, 'agent.js');
  return { file, readable: file };
}
