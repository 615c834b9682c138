import type { CodeEntry } from './entry.ts';

/** 5xxx: sandbox and binding. Each code has a page in docs/errors/. */
export const SANDBOX_CODES = {
  VNES5001: { title: 'not a WebAssembly component', exit: 'negative' },
  VNES5002: { title: 'a component imports what no capsule gets', exit: 'negative' },
  VNES5003: { title: 'a component lacks an export of the capsule world', exit: 'negative' },
  VNES5004: { title: 'a component cannot be translated or compiled', exit: 'negative' },
  VNES5005: { title: 'a component asks for memory that it does not get', exit: 'negative' },
  VNES5006: { title: 'a sandbox died: aborted, not replayable', exit: 'capsule' },
  VNES5007: { title: 'a sandbox ran out of time: aborted, not replayable', exit: 'limit' },
  VNES5008: { title: 'a sandbox broke its protocol', exit: 'capsule' },
  VNES5009: { title: 'no sandbox for this trust zone', exit: 'environment' },
  VNES5010: { title: 'a sandbox does not isolate on this machine', exit: 'environment' },
  VNES5020: { title: 'a component uses what cannot be run bit-exactly', exit: 'negative' },
  VNES5030: { title: 'this installation lacks its Python', exit: 'environment' },
  VNES5031: { title: 'Python comes out otherwise than it should', exit: 'environment' },
  VNES5032: { title: 'no Python entry point', exit: 'negative' },
  VNES5033: { title: 'too many Python sources', exit: 'limit' },
  VNES5034: { title: 'a Python source does not compile', exit: 'negative' },
  VNES5401: { title: 'a compiler or tool is not installed', exit: 'environment' },
  VNES5402: { title: 'a source file does not compile', exit: 'negative' },
  VNES5403: { title: 'a build failed', exit: 'negative' },
  VNES5404: { title: 'the sources need a host function that no capsule gets', exit: 'negative' },
  VNES5405: { title: 'no builder for this language', exit: 'usage' },
  VNES5406: { title: 'a capsule lacks what its build starts from', exit: 'usage' },
  VNES5407: { title: 'a rebuilt artifact differs', exit: 'negative' },
  VNES5408: { title: 'a build cannot be compared', exit: 'negative' },
} as const satisfies Record<`VNES5${number}`, CodeEntry>;
