import { CLI_CODES } from './cli.ts';
import { DATA_CODES } from './data.ts';
import { GATE_CODES } from './gate.ts';
import { INPUT_CODES } from './input.ts';
import { LIFECYCLE_CODES } from './lifecycle.ts';
import { POLICY_CODES } from './policy.ts';
import { REGISTRY_CODES } from './registry.ts';
import { REPLAY_CODES } from './replay.ts';
import { SANDBOX_CODES } from './sandbox.ts';
import { TRUST_CODES } from './trust.ts';

/** Every diagnostic code that vnes can print. One table an area, so that a code is found by its number. */
export const CODES = {
  ...INPUT_CODES,
  ...TRUST_CODES,
  ...GATE_CODES,
  ...POLICY_CODES,
  ...REGISTRY_CODES,
  ...SANDBOX_CODES,
  ...LIFECYCLE_CODES,
  ...DATA_CODES,
  ...REPLAY_CODES,
  ...CLI_CODES,
} as const;

export type Code = keyof typeof CODES;
