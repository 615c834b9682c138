import { shellWord } from '../../base/shell.ts';

/** Paths inside the machine. */
export const BUSYBOX = '/bin/busybox';
export const NODE = '/bin/node';
export const MODULE_FOLDER = 'modules';
/** The port to the host (qemu.ts), and the descriptor at which the agent expects it. */
const PORT = '/dev/vport0p1';
const CHANNEL = 3;
/** Written once the port is open; what the host sends before would be lost. */
export const GREETING = 'V';

/**
 * The first and only program that the kernel starts: opens the port and becomes the agent. When that ends the kernel has nothing left to
 * run, and the machine is gone (`panic=-1`, `-no-reboot`).
 */
export function initScript(modules: readonly string[], agent: readonly string[]): string {
  return [
    `#!${BUSYBOX} sh`,
    `${BUSYBOX} mount -t devtmpfs dev /dev`,
    ...modules.map(module => `${BUSYBOX} insmod /${MODULE_FOLDER}/${module}`),
    `until (: <>${PORT}) 2>/dev/null; do ${BUSYBOX} usleep 1000; done`,
    `exec ${CHANNEL}<>${PORT} </dev/null >/dev/null 2>&1`,
    `printf ${GREETING} >&${CHANNEL}`,
    `exec ${BUSYBOX} env -i ${agent.map(shellWord).join(' ')}`,
    '',
  ].join('\n');
}
