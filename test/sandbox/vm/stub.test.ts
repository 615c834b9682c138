import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { Stub } from '../../../src/sandbox/vm/stub.ts';

/** A stub of QEMU that answers in turn, and what it was sent. */
function qemu(...answers: readonly string[]): { stub: Stub; sent: string[]; say(text: string): void } {
  const sent: string[] = [];
  const left = [...answers];
  const channel = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      sent.push(chunk.toString('latin1'));
      const answer = left.shift();
      if (answer !== undefined) channel.push(answer, 'latin1');
      done();
    },
  });
  return { stub: new Stub(channel), sent, say: text => void channel.push(text, 'latin1') };
}

function packet(text: string): string {
  const sum = [...Buffer.from(text, 'latin1')].reduce((all, byte) => (all + byte) % 256, 0);
  return `+$${text}#${sum.toString(16).padStart(2, '0')}`;
}

const MISUNDERSTOOD = 'QEMU said what nobody understands';

test('memory is read and written in pieces', async () => {
  const bytes = Buffer.alloc(1500, 7);
  const { stub, sent } = qemu(
    packet('OK'),
    packet('OK'),
    packet('07'.repeat(1024)),
    packet('07'.repeat(476)),
  );
  await stub.write(0x4000, bytes);
  expect(await stub.read(0x9000, 1500)).toEqual(bytes);
  expect(sent.map(text => text.slice(0, 11))).toEqual([
    '$M4000,400:',
    '$M4400,1dc:',
    '$m9000,400#',
    '$m9400,1dc#',
  ]);
});

test('the machine stops at a store and nowhere else', async () => {
  await qemu(packet('T05thread:01;watch:000000000000e000;')).stub.go();
  await expect(qemu(packet('T02thread:01;')).stub.go()).rejects.toThrow('stopped otherwise');
  await expect(qemu(packet('W00')).stub.go()).rejects.toThrow('stopped otherwise');
});

test('what cannot be read, or is refused, ends it', async () => {
  await expect(qemu('+$OK#00').stub.watch(1)).rejects.toThrow(MISUNDERSTOOD);
  await expect(qemu('x'.repeat(9000)).stub.watch(1)).rejects.toThrow(MISUNDERSTOOD);
  await expect(qemu(packet('E22')).stub.watch(1)).rejects.toThrow('QEMU refused a command: E22');
  await expect(qemu(packet('0707')).stub.read(1, 4)).rejects.toThrow('QEMU cannot read the memory');
});

test('what comes unasked is forgotten, however much it is', async () => {
  const { stub, say } = qemu(packet('OK'));
  for (let time = 0; time < 50; time += 1) say('x'.repeat(5000));
  say(packet('unasked'));
  await new Promise(resolve => setImmediate(resolve));
  await stub.watch(1);
});
