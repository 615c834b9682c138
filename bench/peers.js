/**
 * The journal beside NATS JetStream and Redis streams, in turns in one run: events of 200 bytes, 1, 64 and 1,024 of them unanswered at
 * any time. The journal checks each against its schema, and answers when a group is on the disk; what the others get is ready to be
 * sent. JetStream answers before anything is synced, and is asked through its client for Node.js, which the goal is about, and by bytes
 * on a socket; Redis runs with `appendfsync always`.
 *
 *   node bench/peers.js [--rounds 5]
 *
 * Needs nats-server and redis-server (Debian has both); one that is absent is left out and said so. Ends with status 1 when a
 * goal is missed.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { jetStream, jetStreamByHand } from './peers/jetstream.js';
import { journal } from './peers/journal.js';
import { redis } from './peers/redis.js';
import { inFolder } from './workshop.js';

/** Events of a round by how many are in flight. */
const FLIGHTS = { 1: 400, 64: 16_384, 1024: 32_768 };
/** How many times as fast the journal is at 1,024 in flight. */
const GOALS = new Map([
  [jetStream, 10],
  [jetStreamByHand, undefined],
  [redis, 4],
]);

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });

await inFolder(async root => {
  const peers = [...GOALS.keys()].filter(peer => isHere(peer));
  const open = [];
  try {
    for (const [index, engine] of [journal, ...peers].entries()) {
      const folder = path.join(root, String(index));
      mkdirSync(folder);
      open.push({ engine, ...(await engine.open(folder)) });
    }
    for (const flight of Object.keys(FLIGHTS).map(Number)) await compare(open, flight);
  } finally {
    for (const { stop } of open) await stop();
  }
});

function isHere(peer) {
  if (peer.isInstalled()) return true;
  console.log(
    `${peer.name}: left out, for ${peer.program} is not installed (apt-get install ${peer.program})`,
  );
  return false;
}

async function compare(open, flight) {
  const count = FLIGHTS[flight];
  const payloads = Array.from({ length: count }, (_, seq) => payloadOf(seq));
  const best = new Map();
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const { engine, append } of open) {
      const rate = count / ((await append(payloads, flight)) / 1000);
      // The first round warms up.
      if (round > 0) best.set(engine, Math.max(best.get(engine) ?? 0, rate));
    }
  }
  const own = best.get(journal);
  for (const [engine, rate] of best) report(flight, engine, rate, own / rate);
}

function report(flight, engine, rate, ratio) {
  const figure = `${Math.round(rate).toLocaleString('en').padStart(8)} events a second`;
  const goal = flight === 1024 ? GOALS.get(engine) : undefined;
  const beside = engine === journal ? '' : `, the journal is ${ratio.toFixed(1)} times as fast`;
  console.log(
    `${String(flight).padStart(5)} in flight  ${engine.name.padEnd(17)} ${figure}${beside}${goal ? `, goal: ${goal}` : ''}`,
  );
  if (goal && ratio < goal) process.exitCode = 1;
}

/** 200 bytes of JSON. */
function payloadOf(seq) {
  const payload = { note: '', station: `s${seq % 100}`, value: seq };
  payload.note = 'n'.repeat(200 - JSON.stringify(payload).length);
  return Buffer.from(JSON.stringify(payload));
}
