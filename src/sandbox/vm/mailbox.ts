/**
 * Where the first program in the machine and vnes leave things for each other, in memory that no other program can have: none but the
 * superuser's gets addresses as low as these (`vm.mmap_min_addr`). All numbers are 32 bits, little-endian.
 */
export const MAILBOX = {
  /** Where the first program is loaded to. */
  program: 0x2000,
  /** The first page of memory for both. */
  start: 0x4000,
  bytes: 0xb000,
  /** vnes: how many bytes there are for the program inside, and whether more come before it is listened to; then these bytes. */
  given: 0x4000,
  more: 0x4004,
  gift: 0x4008,
  /** The first program: how many bytes the program said, or `ENDED` and how (wait(2)); then these bytes. */
  said: 0x9000,
  status: 0x9004,
  words: 0x9008,
  /** Written to when it is vnes' turn: the machine stops at that. A page of its own, for all that lie on it take longer. */
  bell: 0xe000,
} as const;

/** The most that lies there for either of them at a time. */
export const MOST_AT_A_TIME = 0x4000;
/** In place of a number of bytes: the program is no more. */
export const ENDED = 0xffff_ffff;
