/** Error numbers of the C library inside (those of WASI). */
export const ERRNO = {
  badDescriptor: 8,
  invalid: 28,
  isFolder: 31,
  noEntry: 44,
  noSystemCall: 52,
  notFolder: 54,
  notTerminal: 59,
  readOnly: 69,
  noSeek: 70,
} as const;
