/** A server of somebody else, started for a measurement. */
import { spawn, spawnSync } from 'node:child_process';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 100;

/** Whether a program is installed here. Debian keeps servers in /usr/sbin. */
export function isInstalled(program) {
  return spawnSync(program, ['--version'], { env: environment(), stdio: 'ignore' }).error === undefined;
}

/** A port of this machine that nobody listens on. */
export async function freePort() {
  const server = net.createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Starts a server and connects to it; `stop` ends both. */
export async function serve(program, args, port) {
  const child = spawn(program, args, { env: environment(), stdio: 'ignore' });
  const gone = new Promise(resolve => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  for (let tried = 0; tried < TRIES; tried += 1) {
    const socket = await connect(port);
    if (socket) return { socket, stop: () => stop(socket.destroy()) };
    await sleep(50);
  }
  await stop();
  throw new Error(`${program} does not answer on port ${port}`);
}

function connect(port) {
  return new Promise(resolve => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

/**
 * Sends so many messages, `flight` of which are unanswered at any time, and resolves to the milliseconds until the last answer.
 * `answers` counts those in a chunk.
 */
export function inFlight(socket, message, { count, flight, answers }) {
  return new Promise((resolve, reject) => {
    let [sent, answered] = [0, 0];
    const send = most => {
      const messages = Array.from({ length: Math.min(most, count - sent) }, () => message(sent++));
      if (messages.length > 0) socket.write(Buffer.concat(messages));
    };
    const start = performance.now();
    const receive = chunk => {
      const fresh = answers(chunk);
      if (fresh instanceof Error) return reject(fresh);
      answered += fresh;
      if (answered < count) return send(fresh);
      socket.off('data', receive);
      resolve(performance.now() - start);
    };
    socket.on('data', receive);
    send(flight);
  });
}

function environment() {
  return { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };
}
