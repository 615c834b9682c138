import { fileURLToPath } from 'node:url';

/** Where the program that runs inside a sandbox lies, and the folder that a confined process must be allowed to read for it. */
export interface AgentLocation {
  readonly file: string;
  readonly folder: string;
}

/**
 * From the sources it is agent/main.ts, which imports more of `src/`. In the bundle it is `agent.js` beside the bundle's
 * chunks, one file without imports but Node's own, built from src/sandbox/agent/main.ts.
 */
export function agentLocation(): AgentLocation {
  const fromSources = import.meta.url.endsWith('/src/sandbox/agent-path.ts');
  const file = fromSources ? './agent/main.ts' : './agent.js';
  return {
    file: fileURLToPath(new URL(file, import.meta.url)),
    folder: fileURLToPath(new URL(fromSources ? '../' : './agent.js', import.meta.url)),
  };
}
