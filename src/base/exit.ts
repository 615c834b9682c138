/** Exit statuses of the `vnes` process. The table is public: scripts and CI branch on it. */
export const EXIT = {
  /** The verdict is positive. */
  ok: 0,
  /** The command ran and its verdict is negative. */
  negative: 1,
  /** Bad usage or unreadable input. */
  usage: 2,
  /** A bug in vnes itself. */
  bug: 3,
  /** The environment lacks something the command needs. */
  environment: 4,
  /** A stated limit was hit. */
  limit: 5,
  /** A capsule failed while it ran. */
  capsule: 20,
  /** Interrupted by SIGINT. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

export type ExitName = keyof typeof EXIT;
export type ExitStatus = (typeof EXIT)[ExitName];
