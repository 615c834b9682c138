import type { Duplex } from 'node:stream';
import { parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import type { ChannelEvents } from './channel.ts';
import { encodeFrame, FrameCutter } from './frames.ts';

/** Sends messages in frames through a pipe to a process. */
export function sender(pipe: Duplex): (message: object) => void {
  return message => {
    for (const part of encodeFrame(message)) pipe.write(part);
  };
}

/** Hands on each message that comes through the pipe, unchecked; what is no message at all is handed on as undefined. */
export function listen(pipe: Duplex, { onMessage }: Pick<ChannelEvents, 'onMessage'>): void {
  const cutter = new FrameCutter(LIMITS.sandboxFrameBytes);
  pipe.on('data', (chunk: Buffer) => {
    try {
      for (const text of cutter.push(chunk))
        onMessage(parseJson(text, { maxBytes: LIMITS.sandboxFrameBytes }));
    } catch {
      onMessage(undefined);
    }
  });
}
