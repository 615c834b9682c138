import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AGENT_FOLDER, AGENT_PACKAGE, agentFiles } from '../agent-path.ts';
import { LIBRARY_LINKS, librariesOf } from '../confine/libraries.ts';
import { archive } from './archive.ts';
import { entry, foldersOf, program } from './entries.ts';
import { BUSYBOX, initScript, MODULE_FOLDER, NODE } from './init.ts';
import type { VmParts } from './parts.ts';

const FOLDERS = ['bin', 'dev', 'lib', 'usr', MODULE_FOLDER];

/**
 * All that there is in the machine: Node.js with its libraries, the agent, and what opens the port. Nothing of a capsule; that comes
 * through the port. `flags` are those of Node.js for the agent.
 */
export function contents(parts: VmParts, flags: readonly string[]): Uint8Array[] {
  const agent = agentFiles();
  const command = [NODE, ...flags, path.posix.join(AGENT_FOLDER, agent[0]![0])];
  const modules = parts.modules.map(file => path.basename(file));
  const sources = [
    entry('file', `${AGENT_FOLDER}/package.json`, Buffer.from(AGENT_PACKAGE)),
    ...agent.map(([inside, host]) => entry('file', `${AGENT_FOLDER}/${inside}`, readFileSync(host))),
  ];
  return archive([
    ...FOLDERS.map(folder => entry('folder', `/${folder}`)),
    ...LIBRARY_LINKS.map(([target, link]) => entry('link', link, Buffer.from(target))),
    program(BUSYBOX, parts.busybox),
    program(NODE, process.execPath),
    ...[...librariesOf(process.execPath), ...librariesOf(parts.busybox)].map(([inside, host]) =>
      program(inside, host),
    ),
    ...parts.modules.map(host => program(`/${MODULE_FOLDER}/${path.basename(host)}`, host)),
    ...foldersOf(sources),
    ...sources,
    entry('program', '/init', Buffer.from(initScript(modules, command))),
  ]);
}
