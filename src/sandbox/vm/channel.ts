import { AGENT_FOLDER } from '../agent-path.ts';
import type { Channel, ChannelEvents, ChannelLimits } from '../channel.ts';
import { CHANNEL, type Confinement } from '../confine/types.ts';
import { type Connect, openConfined } from '../confined-channel.ts';
import { GUARDED_DENIALS } from '../guarded.ts';
import { nodeFlags } from '../node-flags.ts';
import { listen, sender } from '../pipe.ts';
import { confinedQemu } from './confined-qemu.ts';
import { contents } from './contents.ts';
import { GREETING } from './init.ts';
import { vmPartsHere } from './parts.ts';
import { agentArguments } from './qemu.ts';

/** What the agent must be denied inside of the machine. It has no parent that it could signal but itself. */
export const VM_DENIALS = GUARDED_DENIALS;

const MIB = 1024 * 1024;
/** What the machine needs besides the guest's memory: its files packed and unpacked, its kernel, Node.js, and the agent's heap. */
const MACHINE_MIB = 448;

/** A sandbox in a virtual machine, whose QEMU is itself a confined process. */
export function openVm(events: ChannelEvents, limits: ChannelLimits): Channel {
  return openConfined(events, () => machineWithAgent(limits), afterGreeting);
}

function machineWithAgent(limits: ChannelLimits): Confinement {
  const parts = vmPartsHere();
  const memoryMib = MACHINE_MIB + Math.ceil(limits.memoryBytes / MIB);
  const archive = Buffer.concat(contents(parts, nodeFlags(limits, AGENT_FOLDER)));
  return confinedQemu(parts, agentArguments(memoryMib, CHANNEL), archive);
}

/** Keeps what is said until the machine has opened its end. */
const afterGreeting: Connect = (channel, events) => {
  const early: object[] = [];
  let say = (message: object): void => void early.push(message);
  channel.once('data', (chunk: Buffer) => {
    const [greeting, rest] = [chunk.toString('latin1', 0, 1), chunk.subarray(1)];
    if (greeting !== GREETING) return events.onMessage(undefined);
    listen(channel, events);
    say = sender(channel);
    for (const message of early) say(message);
    if (rest.length > 0) channel.emit('data', rest);
  });
  return message => say(message);
};
