/** Limits on everything that comes from outside. Units are in the names. */
export const LIMITS = {
  /** Nesting of a JSON document. */
  jsonDepth: 64,
  /** A manifest, receipt, trust file or schema. */
  documentBytes: 4 * 1024 * 1024,
  /** One event's payload as canonical JSON. */
  payloadBytes: 1024 * 1024,
  /** Files in one capsule. */
  capsuleFiles: 100_000,
  /** One file that vnes keeps in memory to load it (an entry point). */
  loadedFileBytes: 64 * 1024 * 1024,
  /** Signatures in one receipt. */
  signatures: 64,
  /** One line of an NDJSON input. */
  inputLineBytes: 2 * 1024 * 1024,
  /** Folder levels that discovery descends. */
  discoveryDepth: 8,
} as const;
