import type { CommandSpec } from '../command.ts';
import { add, revoke, rotate, signDraft } from './trust-change.ts';
import { init } from './trust-init.ts';
import { policy } from './trust-policy.ts';
import { show } from './trust-show.ts';

export const command: CommandSpec = {
  name: 'trust',
  summary: 'say who may sign what: a trust root with versions, expiry and thresholds',
  arguments: [],
  options: [],
  examples: ["vnes trust init acme --key ada --namespace 'user.ada.*'", 'vnes trust show'],
  commands: [init, show, add, rotate, revoke, policy, signDraft],
};
