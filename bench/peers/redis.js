/** Redis streams, each command on the disk before it is answered (`appendfsync always`), spoken to by hand (RESP). */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort, inFlight, isInstalled, serve } from './server.js';

export const redis = {
  name: 'Redis streams',
  program: 'redis-server',
  isInstalled: () => isInstalled('redis-server'),
  async open(root) {
    const port = await freePort();
    const dir = path.join(root, 'redis');
    mkdirSync(dir);
    const settings = { port, bind: '127.0.0.1', dir, save: '', appendonly: 'yes', appendfsync: 'always' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { socket, stop } = await serve('redis-server', args, port);
    const append = (payloads, flight) => {
      const message = index => command('XADD', 'bench', '*', 'event', payloads[index % payloads.length]);
      return inFlight(socket, message, { count: payloads.length, flight, answers: replies() });
    };
    return { append, stop };
  },
};

function command(...words) {
  const parts = words.flatMap(word => {
    const bytes = Buffer.from(word);
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

/** Each answer is the id of the entry, in two lines. */
function replies() {
  let rest = '';
  return chunk => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n');
    rest = lines.pop();
    const failed = lines.find(line => line.startsWith('-'));
    if (failed !== undefined) return new Error(failed);
    const whole = lines.length - (lines.length % 2);
    rest = [...lines.slice(whole), rest].join('\r\n');
    return whole / 2;
  };
}
