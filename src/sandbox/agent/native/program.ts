import type { NativeMessage, NativeReply, NativeRequest } from '../../protocol.ts';
import type { Message, Part } from '../asking/parts.ts';
import { type Answering, granting, type HostInterfaces, refusalIn } from '../asking/requests.ts';
import { malformed, Stopped } from '../asking/stopped.ts';
import type { Exports, Imports, WorldEvent } from '../functions.ts';
import type { Pool } from '../pool.ts';

/** Hands a message to a native program, by way of the host, and waits for what it says. */
export type Exchange = (message: NativeRequest) => NativeReply;

/** What a program is asked for, and how it is answered (docs/native.md). */
const ASK = { init: 1, handle: 2, serve: 3 } as const;
const GRANTED = 10;
const REFUSED = 11;
/** How it says that it is through: with a result, with a refusal, or by giving up. */
const DONE = 20;
const DECLINED = 21;
const GAVE_UP = 22;
/** What it may say without waiting for an answer: publish, put, delete, log. */
const TOLD: readonly number[] = [1, 4, 5, 9];

/** A native program behind the functions of a component. Each instance is a process of its own. */
export function nativeProgram(
  component: number,
  exchange: Exchange,
  pool: Pool,
): (imports: Imports, place: string) => Exports {
  return (imports, place) => {
    const answering = granting(imports as unknown as HostInterfaces);
    const process = new NativeInstance({ component, place, exchange, pool, answering });
    return {
      init: config => nothing(process.request(ASK.init, [config])),
      handle: event => nothing(process.request(ASK.handle, partsOf(event))),
      serve: (method, payload) => process.request(ASK.serve, [method, payload]),
    };
  };
}

function partsOf({ topic, partition, offset, time, key, payload }: WorldEvent): Part[] {
  return [topic, String(partition), String(offset), String(time), key ?? null, payload];
}

interface Means {
  readonly component: number;
  readonly place: string;
  readonly exchange: Exchange;
  readonly pool: Pool;
  readonly answering: Answering;
}

class NativeInstance {
  private readonly means: Means;
  private fresh = true;

  constructor(means: Means) {
    this.means = means;
  }

  /** The text that the program ends with. @throws Stopped for what ends it, an object with a `payload` for a refusal */
  request(kind: number, parts: readonly Part[]): string {
    let said = this.say({ kind, parts: parts.map(toWire) });
    while (said.kind < DONE) said = this.say(this.answer(said));
    const [text] = said.parts;
    if (said.parts.length !== 1 || typeof text !== 'string' || said.kind > GAVE_UP) return malformed();
    if (said.kind === DECLINED) throw Object.assign(new Error('refused'), { payload: text });
    if (said.kind === GAVE_UP) throw new Stopped(text);
    return text;
  }

  /** The last of what it says; what comes before that is done here. */
  private say(message: NativeMessage): Message {
    const { component, place, exchange, pool } = this.means;
    const reply = exchange({ type: 'native', place, component, fresh: this.fresh, message });
    this.fresh = false;
    if ('ended' in reply) throw new Stopped(reply.ended);
    const messages = reply.messages as readonly Message[];
    const last = messages.at(-1) ?? malformed();
    for (const told of messages.slice(0, -1)) {
      if (!TOLD.includes(told.kind)) malformed();
      this.answer(told);
    }
    if (pool.spent !== undefined) throw new Stopped(pool.spent);
    return last;
  }

  private answer(asked: Message): NativeMessage {
    try {
      return { kind: GRANTED, parts: this.means.answering(asked).map(toWire) };
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      return { kind: REFUSED, parts: [refusal] };
    }
  }
}

function toWire(part: Part): NativeMessage['parts'][number] {
  return part instanceof Uint8Array ? { base64: Buffer.from(part).toString('base64') } : part;
}

/** `init` and `handle` have no result. */
function nothing(_: string): undefined {
  return undefined;
}
