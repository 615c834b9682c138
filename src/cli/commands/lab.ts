import type { CommandSpec } from '../command.ts';
import { seeds } from './lab-seeds.ts';
import { shrink } from './lab-shrink.ts';

export const command: CommandSpec = {
  name: 'lab',
  summary: 'look for what breaks a network, and make it small',
  arguments: [],
  options: [],
  examples: ['vnes lab seeds 200 ./capsules --input events.ndjson', 'vnes lab shrink .vnes/runs/0002'],
  commands: [seeds, shrink],
};
