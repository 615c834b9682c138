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
  /** All files of the machine that one capsule is given, and how many; they are kept in the recording. */
  grantedBytes: 64 * 1024 * 1024,
  grantedFiles: 16,
  grantPathBytes: 1024,
  /** All files of one capsule that a Python interpreter gets to see. */
  pythonTreeBytes: 64 * 1024 * 1024,
  /** What `verify --fix` holds in memory to bring one capsule back. */
  restoredBytes: 512 * 1024 * 1024,
  /** A Python source whose imports are read. */
  pythonBytes: 1024 * 1024,
  /** One message to or from an ssh-agent; OpenSSH's ends the connection at a longer one. */
  agentFrameBytes: 256 * 1024,
  /** How long an agent or a token may take to say what it holds. */
  keyLookupMs: 10_000,
  /** A check or comparison of one value by a schema whose patterns may go back and try again. */
  patternMs: 1_000,
  /** How long it may take to sign: a person may have to confirm, or to touch it. */
  signingMs: 120_000,
  /** Signatures in one receipt. */
  signatures: 64,
  /** One line of an NDJSON input. */
  inputLineBytes: 2 * 1024 * 1024,
  /** One record of a journal: a whole frame as canonical JSON. */
  recordBytes: 256 * 1024 * 1024,
  /** Recordings of which each goes on from the one before. */
  branchDepth: 64,
  /** Folder levels that discovery descends. */
  discoveryDepth: 8,
  /** Options that the resolver tries before it gives up. */
  resolverSteps: 200_000,
  /** A key of the state store, as UTF-8. */
  stateKeyBytes: 1024,
  /** What one delivery may publish, write and log, as JSON. */
  effectBytes: 16 * 1024 * 1024,
  /** Publications, writes and log lines of one delivery, together. */
  effects: 10_000,
  /** A capsule's error or log message in UTF-16 code units; the rest is cut off. */
  messageLength: 4096,
  /** Bytes of one `random` call. */
  randomBytes: 65_536,
  /** Capsules that may wait for each other's answers. */
  callDepth: 8,
  /** One message from a sandbox to its host. */
  sandboxFrameBytes: 64 * 1024 * 1024,
  /** One frame of a native program or to it. */
  nativeFrameBytes: 32 * 1024 * 1024,
  /** Native programs that run for one capsule: itself, and what answers its calls. */
  nativeProcesses: 64,
  /** The least memory that a native program starts in. */
  nativeMemoryBytes: 32 * 1024 * 1024,
  /** Fuel of one delivery when the manifest states none: some seconds of computing. */
  fuel: 5_000_000_000,
  /** The same for Python, whose interpreter takes some hundred instructions for one step of a program. */
  pythonFuel: 200_000_000_000,
  /** Room on the call stack for a capsule's open calls, as the meter counts it: 64 bytes a call and 16 a value. */
  stackBytes: 2 * 1024 * 1024,
  /** Keys of its own that a sandbox keeps in memory. */
  mirroredKeys: 10_000,
  /** One record of the quarantine. */
  quarantineRecordBytes: 64 * 1024 * 1024,
  /** One file whose bytes the quarantine keeps; of a larger one it knows the digest. */
  quarantineFileBytes: 16 * 1024 * 1024,
  /** All bytes that the quarantine of a folder keeps. */
  quarantineBytes: 1024 * 1024 * 1024,
  /** A text of which differences are shown line by line. */
  diffBytes: 128 * 1024,
  /** Lines that differ between two texts; beyond, only that they differ is told. */
  diffLines: 500,
  /** Files of a capsule whose differences are shown line by line. */
  diffFiles: 40,
} as const;
