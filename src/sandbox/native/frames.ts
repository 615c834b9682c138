import { LIMITS } from '../../base/limits.ts';
import type { NativeMessage, NativePart } from '../protocol.ts';

/** Of a part that is nothing. */
const NOTHING = 0xffff_ffff;
const WORD = 4;
/** Length of the rest, then the number of the frame. */
const HEADER = 2 * WORD;
const MOST_PARTS = 8;
/** More than all effects of a delivery, which are counted elsewhere. */
const MOST_MESSAGES = 2 * LIMITS.effects;

/** A frame that is not as docs/native.md says; the message is part of what is recorded. */
export class BrokenFrame extends Error {}

/** When a program speaks without being asked. */
export const OUT_OF_TURN = 'a frame came out of turn';

/** A frame with one message, for a program. */
export function encodeNative(number: number, { kind, parts }: NativeMessage): Uint8Array {
  const body = Buffer.concat([Uint8Array.of(kind), ...parts.flatMap(encodePart)]);
  return Buffer.concat([words(2 * WORD + body.length, number, body.length), body]);
}

function encodePart(part: NativePart): Uint8Array[] {
  if (part === null) return [words(NOTHING)];
  const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part.base64, 'base64');
  return [words(bytes.length), bytes];
}

/** Collects what comes from a program until one frame is there. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private held = 0;

  /** Whether more came than the frames that were read. */
  get isAhead(): boolean {
    return this.held > 0;
  }

  /** The messages of the frame of this number, once it is whole. @throws BrokenFrame */
  push(chunk: Buffer, number: number): NativeMessage[] | undefined {
    this.chunks.push(chunk);
    this.held += chunk.length;
    if (this.held < HEADER) return undefined;
    if (this.chunks[0]!.length < HEADER) this.chunks = [Buffer.concat(this.chunks)];
    const end = endOf(this.chunks[0]!, number);
    if (this.held < end) return undefined;
    const all = Buffer.concat(this.chunks);
    this.chunks = [all.subarray(end)];
    this.held -= end;
    return decodeMessages(all.subarray(HEADER, end));
  }
}

/** Where the frame ends that begins with these bytes. */
function endOf(header: Buffer, number: number): number {
  const size = header.readUInt32LE(0);
  if (size < WORD || size > LIMITS.nativeFrameBytes)
    throw new BrokenFrame('a frame has an impossible length');
  if (header.readUInt32LE(WORD) !== number) throw new BrokenFrame(OUT_OF_TURN);
  return WORD + size;
}

function decodeMessages(bytes: Buffer): NativeMessage[] {
  const messages: NativeMessage[] = [];
  const cursor = new Cursor(bytes);
  while (!cursor.done) {
    if (messages.length > MOST_MESSAGES) throw new BrokenFrame('a frame holds too many messages');
    messages.push(decodeMessage(new Cursor(cursor.take(cursor.word()))));
  }
  if (messages.length === 0) throw new BrokenFrame('a frame holds no message');
  return messages;
}

function decodeMessage(cursor: Cursor): NativeMessage {
  const kind = cursor.take(1)[0]!;
  const parts: (string | null)[] = [];
  while (!cursor.done) {
    if (parts.length === MOST_PARTS) throw new BrokenFrame('a message has too many parts');
    const size = cursor.word();
    parts.push(size === NOTHING ? null : text(cursor.take(size)));
  }
  return { kind, parts };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BrokenFrame('a text is not UTF-8');
  }
}

class Cursor {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at === this.bytes.length;
  }

  take(size: number): Buffer {
    if (size > this.bytes.length - this.at) throw new BrokenFrame('a part is longer than its frame');
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  word(): number {
    return this.take(WORD).readUInt32LE(0);
  }
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * WORD);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * WORD);
  return bytes;
}
