import { obstacleToMachines } from '../src/sandbox/vm/parts.ts';
import { BUBBLEWRAP } from './bubblewrap.ts';

/** Whether no virtual machine can be started here, with a word about it. What needs one is then counted as skipped. */
export const LACKS_MACHINE = lacksMachine();

function lacksMachine(): boolean {
  const obstacle = obstacleToMachines();
  if (obstacle !== undefined) process.stderr.write(`skipped: virtual machines: ${obstacle}\n`);
  return obstacle !== undefined || BUBBLEWRAP === undefined;
}
