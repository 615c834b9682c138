import { Data, executable } from '../confine/executable.ts';
import { MACHINE_CODE } from '../confine/machine-code.ts';
import { CHANNEL } from '../confine/types.ts';
import { Assembly } from './assembly.ts';
import { ENDED, MAILBOX, MOST_AT_A_TIME } from './mailbox.ts';

const HERE = -100;
const READ_AND_WRITE = 2;
const UNIX = 1;
const STREAM = 1;
/** To write to a program that is no more is an error and no signal. */
const NO_SIGNAL = 0x4000;
/** Memory of its own, at this address, there from the beginning. */
const OWN_FIXED_READY = 0x8032;
const NONE = 0xffff_ffff_ffff_ffffn;
const READABLE_AND_WRITABLE = 3;
const EVERYTHING = 0xffff_ffff;
/** Its own end of the pair, after that of the program. */
const OWN_END = CHANNEL + 1;
const NOT_STARTED = 127;

/** The device that leads nowhere, which is gone before the program is there. */
export const NOWHERE = '/dev/null';

/**
 * The first program in a machine, which has no device: it starts `command` with one end of a pair of sockets as its channel, and then takes
 * turns with vnes, which reads and writes its memory (mailbox.ts) while the machine stands still. Between two stops, all that happens
 * follows from what was there at the first. x86-64, and about 700 bytes.
 */
export function relayOf(command: readonly string[]): Uint8Array {
  const data = new Data(MAILBOX.program);
  const code = new Assembly();
  start(code, data, command);
  takeTurns(code);
  return executable(MACHINE_CODE.x64.elfMachine, MAILBOX.program, data.bytes(), code.bytes());
}

/** Standard streams that lead nowhere, the pair, and the program. */
function start(code: Assembly, data: Data, command: readonly string[]): void {
  const nowhere = data.add(Buffer.from(`${NOWHERE}\0`));
  const args = data.addTexts(command);
  const [program] = command;
  code.call('close_range', 0, EVERYTHING, 0);
  code.call('openat', HERE, nowhere, READ_AND_WRITE, 0).call('dup', 0).call('dup', 0);
  code.call('unlinkat', HERE, nowhere, 0);
  // The numbers go to the stack, where nobody reads them: they are 3 and 4.
  code.call('socketpair', UNIX, STREAM, 0, 'rsp');
  code.call('fork').add('48 85 c0').jump('notZero', 'parent'); // test rax, rax
  code.call('close', OWN_END);
  code.call('execve', data.add(Buffer.from(`${program}\0`)), args, 0).call('exit_group', NOT_STARTED);
}

/** rbx holds the process, r12 how much is still to be given, r13 where that lies. The instructions stand beside their bytes. */
function takeTurns(code: Assembly): void {
  const { given, more, gift, said, status, words, bell, start, bytes } = MAILBOX;
  code.place('parent').add('48 89 c3'); // mov rbx, rax
  code.call('close', CHANNEL).call('mmap', start, bytes, READABLE_AND_WRITABLE, OWN_FIXED_READY, NONE, 0);

  code.place('turn').add('89 04 25', [bell]); // mov [bell], eax
  code.add('c7 04 25', [said], [0]); // mov dword [said], 0
  code.add('44 8b 24 25', [given], '41 bd', [gift]); // mov r12d, [given]; mov r13d, gift
  code.place('give').add('4d 85 e4').jump('zero', 'given'); // test r12, r12
  code.call('sendto', OWN_END, 'r13', 'r12', NO_SIGNAL, 0, 0);
  code.add('48 85 c0').jump('negative', 'given'); // test rax, rax
  code.add('49 01 c5', '49 29 c4').jump('always', 'give'); // add r13, rax; sub r12, rax

  code.place('given').add('83 3c 25', [more], '00').jump('notZero', 'turn'); // cmp dword [more], 0
  code.call('read', OWN_END, words, MOST_AT_A_TIME);
  code.add('48 85 c0').jump('notPositive', 'gone'); // test rax, rax
  code.add('89 04 25', [said]).jump('always', 'turn'); // mov [said], eax

  code.place('gone').call('wait4', 'rbx', status, 0, 0);
  code.add('c7 04 25', [said], [ENDED]); // mov dword [said], ENDED
  code.place('ended').add('89 04 25', [bell]).jump('always', 'ended'); // mov [bell], eax
}
