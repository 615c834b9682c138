/** Our own journal: each group is a frame of events that were read and checked against their schema. */
import { TopicCatalog } from '../../src/bus/catalog.ts';
import { createJournal } from '../../src/store/journal.ts';
import { SCHEMA, TOPIC } from '../workshop.js';

export const journal = {
  name: 'vnes journal',
  async open(dir) {
    const schema = { path: 'schema.json', bytes: Buffer.from(JSON.stringify(SCHEMA)) };
    const catalog = await TopicCatalog.build([
      { topic: TOPIC, capsule: 'bench.one', role: 'subscribes', schema },
    ]);
    const writer = createJournal(dir);
    const settings = { flags: [], seed: '0', epoch: 0, frameIngress: 1024, zone: 'system', capsules: [] };
    writer.append([{ type: 'header', format: 1, ...settings }]);
    const place = { frame: 0, seq: 0 };
    const append = async (payloads, flight) => {
      const start = performance.now();
      for (let at = 0; at < payloads.length; at += flight)
        writer.append([frameOf(catalog, payloads.slice(at, at + flight), place)]);
      return performance.now() - start;
    };
    return { append, stop: async () => writer.close() };
  },
};

/** With members in order, as the kernel makes them. */
function frameOf(catalog, payloads, place) {
  const ingress = payloads.map(bytes => eventOf(catalog, bytes, place.seq++));
  const [decisions, deliveries, logs, published, writes] = [[], [], [], [], []];
  const frame = place.frame++;
  return { decisions, deliveries, frame, ingress, logs, published, time: frame, type: 'frame', writes };
}

function eventOf(catalog, bytes, seq) {
  const payload = JSON.parse(bytes);
  if (catalog.check(TOPIC, payload).length > 0) throw new Error('the payload does not fit its schema');
  const [partition, source] = [0, 'ingress'];
  return { cause: null, key: null, offset: seq, partition, payload, seq, source, time: seq, topic: TOPIC };
}
