/** The release of Pyodide that Python capsules run on. A test compares it with the package and with what an interpreter says. */
export const RELEASE = {
  pyodide: '0.27.7',
  python: '3.12.7',
} as const;

/** What its module expects of whoever instantiates it; numbers of the linker, the same for every copy of the release. */
export const LAYOUT = {
  /** Pages of 64 KiB at the start. */
  pages: 320,
  tableSize: 6649,
  tableBase: 1,
  memoryBase: 1024,
  stackLow: 4_640_944,
  /** The stack grows downwards from here, the heap upwards. */
  stackHigh: 9_883_824,
} as const;

/** The folder of a capsule, and that of the modules which vnes adds, as the interpreter sees them. */
export const CAPSULE_FOLDER = '/capsule';
export const SDK_FOLDER = '/vnes';
export const STDLIB_FILE = '/lib/python312.zip';

/** The descriptor through which the interpreter and its host speak. */
export const DOOR = 1000;
