/** NATS JetStream, a stream in files. It does not sync before it acknowledges. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freePort, inFlight, isInstalled, serve } from './server.js';

const INBOX = '_INBOX.bench';
const STREAM = { name: 'BENCH', subjects: ['bench.events'] };

/** Its protocol spoken by hand (docs.nats.io, client protocol), which no client does: nothing but bytes. */
export const jetStreamByHand = {
  name: 'JetStream by hand',
  program: 'nats-server',
  isInstalled: () => isInstalled('nats-server'),
  async open(root) {
    const { socket, stop } = await serveNats(root, await freePort());
    socket.write('CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n');
    socket.write(`SUB ${INBOX}.* 1\r\n`);
    await answer(socket, request('$JS.API.STREAM.CREATE.BENCH', stream()));
    const append = (payloads, flight) => {
      const message = index => request('bench.events', payloads[index % payloads.length]);
      return inFlight(socket, message, { count: payloads.length, flight, answers: acknowledgements(socket) });
    };
    return { append, stop };
  },
};

/** The same through the project's own client for Node.js, as a program would use it. */
export const jetStream = {
  name: 'NATS JetStream',
  program: 'nats-server',
  isInstalled: () => isInstalled('nats-server'),
  async open(root) {
    const port = await freePort();
    const { stop } = await serveNats(root, port);
    const connection = await connect({ servers: `127.0.0.1:${port}` });
    const { name, subjects } = STREAM;
    await (await jetstreamManager(connection)).streams.add({ name, subjects, storage: 'file' });
    const client = jetstream(connection);
    const close = async () => {
      await connection.close();
      await stop();
    };
    return { append: (payloads, flight) => publishAll(client, payloads, flight), stop: close };
  },
};

/** As many loops as may be in flight, each of which waits for its own acknowledgement. */
async function publishAll(client, payloads, flight) {
  let next = 0;
  const publish = async () => {
    while (next < payloads.length) await client.publish(STREAM.subjects[0], payloads[next++]);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: flight }, publish));
  return performance.now() - start;
}

async function serveNats(root, port) {
  const config = path.join(root, 'nats.conf');
  writeFileSync(config, `listen: 127.0.0.1:${port}\njetstream {\n  store_dir: "${root}/nats"\n}\n`);
  return serve('nats-server', ['-c', config], port);
}

function stream() {
  return Buffer.from(JSON.stringify({ ...STREAM, storage: 'file', retention: 'limits' }));
}

function request(subject, payload) {
  return Buffer.concat([
    Buffer.from(`PUB ${subject} ${INBOX}.1 ${payload.length}\r\n`),
    payload,
    Buffer.from('\r\n'),
  ]);
}

function answer(socket, bytes) {
  return inFlight(socket, () => bytes, { count: 1, flight: 1, answers: acknowledgements(socket) });
}

/** Counts the answers in what comes in; a refusal is an Error. */
function acknowledgements(socket) {
  let rest = '';
  return chunk => {
    rest += chunk.toString('latin1');
    let count = 0;
    for (;;) {
      const line = /^([^\r\n]*)\r\n/.exec(rest);
      if (!line) return count;
      const size = line[1].startsWith('MSG') ? Number(line[1].split(' ').at(-1)) + 2 : 0;
      if (rest.length < line[0].length + size) return count;
      const body = rest.slice(line[0].length, line[0].length + size);
      rest = rest.slice(line[0].length + size);
      if (line[1].startsWith('-ERR') || body.includes('"error"')) return new Error(line[1] + body);
      if (line[1] === 'PING') socket.write('PONG\r\n');
      if (size > 0) count += 1;
    }
  };
}
