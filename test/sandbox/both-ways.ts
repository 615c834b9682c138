import { Guest, type Shared } from '../../src/sandbox/agent/guest.ts';
import { OwnedState } from '../../src/sandbox/agent/owned.ts';
import { loadPrograms, type Program } from '../../src/sandbox/agent/program.ts';
import { Turn } from '../../src/sandbox/agent/turn.ts';
import { FrameState } from '../../src/sandbox/agent/view.ts';
import { BlobList } from '../../src/sandbox/blobs.ts';
import { wireProgram } from '../../src/sandbox/prepare.ts';
import type { AnswerMessage, AskMessage, WireDelivery } from '../../src/sandbox/protocol.ts';
import type { Program as Code } from '../../src/sandbox/wasm/program.ts';
import { glue, transpile } from '../../src/sandbox/wasm/transpile.ts';

const STATE = new Map([
  ['own/a', '1'],
  ['own/b', '{"x":[true,null],"y":2}'],
  ['other/c', '"ľ🙂"'],
]);

/** What a capsule may, in a test. */
export interface Rights {
  readonly config?: string;
  readonly owns?: readonly string[];
  readonly publishes?: readonly string[];
}

/** What came of `init` or of a delivery: how it ended, what it asked for, and the fuel and stack that were left. */
export type Trace = readonly unknown[];

/** The same deliveries to a component by our own linking and by jco's glue. */
export async function bothWays(
  component: Uint8Array,
  deliveries: readonly WireDelivery[],
  rights: Rights = {},
): Promise<{ readonly linked: readonly Trace[]; readonly glued: readonly Trace[] }> {
  const place = { file: 'capsule.wasm' };
  const program = await transpile(component, place);
  if (!('linking' in program)) throw new Error('the component is not linked');
  return {
    linked: await traces(program, deliveries, rights),
    glued: await traces(await glue(component, place), deliveries, rights),
  };
}

async function traces(code: Code, deliveries: readonly WireDelivery[], rights: Rights): Promise<Trace[]> {
  const [program] = await programs(code, rights);
  const overlay = new Map<string, string | null>();
  const frame = new FrameState(answer, new OwnedState([], answer));
  const shared: Shared = { seed: '7', programs: [program!, program!], frame, overlay };
  let guest = new Guest(shared, 0);
  const found: Trace[] = [];
  for (const delivery of [undefined, ...deliveries]) {
    const turn = delivery ? Turn.of(delivery) : Turn.ofInit('test.probe');
    const ended = delivery ? guest.handle(turn, delivery) : guest.start(turn);
    found.push([ended, turn.finish(), left(program!)]);
    if (ended.kind === 'ok') for (const [key, value] of turn.writes) overlay.set(key, value);
    if (ended.kind === 'trap' || turn.fault !== undefined) guest = new Guest(shared, 0);
  }
  return found;
}

async function programs(code: Code, rights: Rights): Promise<Program[]> {
  const blobs = new BlobList();
  const { config = 'null', owns = ['own/'], publishes = ['out.v1'] } = rights;
  const wire = wireProgram(code, blobs);
  const spec = { capsule: 'test.probe', config, owns, reads: ['other/'], publishes };
  const components = [{ ...spec, services: { self: 0 }, code: wire }];
  const start = { type: 'start', seed: '7', fuel: 20_000_000, components, blobs: blobs.items } as const;
  return loadPrograms(start, () => ({ type: 'native', ended: 'there is none' }));
}

function answer({ type, key }: AskMessage): AnswerMessage {
  const fits = (name: string) => (type === 'get' ? name === key : name.startsWith(key));
  return { type: 'answer', entries: [...STATE].filter(([name]) => fits(name)) };
}

/** Both counters, which are private: nothing in vnes may look at them while a guest runs. */
function left({ pool }: Program): readonly unknown[] {
  const { fuel, stack } = pool as unknown as Record<'fuel' | 'stack', WebAssembly.Global>;
  return [fuel.value, stack.value];
}
