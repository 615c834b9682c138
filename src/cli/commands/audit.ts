import type { JsonValue } from '../../base/json.ts';
import { audit, type Probe } from '../../lab/audit/audit.ts';
import { evidenceText } from '../audit/evidence.ts';
import { basisOf } from '../audit/reference.ts';
import { DEFAULTS, findings, reproduction, story } from '../audit/tell.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { refuseUnwritable, writeNamed } from '../files.ts';
import { cacheFolder } from '../folders.ts';
import { TRUST_OPTIONS } from '../trust-options.ts';
import { positiveInteger, text } from '../values.ts';

export const command: CommandSpec = {
  name: 'audit',
  summary: 'find out whether a capsule is what it promises to be',
  arguments: [],
  options: [],
  examples: ['vnes audit determinism ./counter'],
  commands: [
    {
      name: 'determinism',
      summary: 'grant or refute the determinism tier of a capsule, with a witness',
      arguments: [
        { name: 'capsule', help: 'folder of the capsule', required: true },
        { name: 'others', help: 'folders of capsules that it requires', variadic: true },
      ],
      options: [
        { name: 'recording', value: 'DIR', help: 'give it what this recording gave it' },
        {
          name: 'input',
          short: 'i',
          value: 'FILE',
          help: 'give it these events; without both, they are made up from its schemas',
        },
        { name: 'events', value: 'N', help: 'how many events to make up', default: DEFAULTS.events },
        {
          name: 'frame-events',
          value: 'N',
          help: 'input events that a frame takes at most',
          default: DEFAULTS['frame-events'],
        },
        {
          name: 'seed',
          value: 'N',
          help: 'seed of what is made up, and of the randomness that it is given',
          default: DEFAULTS.seed,
        },
        {
          name: 'rounds',
          value: 'N',
          help: 'how often each perturbation is tried, with other values',
          default: DEFAULTS.rounds,
        },
        { name: 'only', value: 'NAME', multiple: true, help: 'try these perturbations only' },
        { name: 'at-once', help: 'try all at once first, and each alone only when that made a difference' },
        { name: 'evidence', value: 'FILE', help: 'write what was found out, for vnes sign --evidence' },
        { name: 'allow-held', help: 'take it for good when it depends only on what the sandbox pins' },
        ...TRUST_OPTIONS,
      ],
      examples: [
        'vnes audit determinism ./counter',
        'vnes audit determinism ./counter --recording .vnes/runs/0001',
        'vnes audit determinism ./counter --only hash-seed --seed 7',
      ],
      run: determinism,
    },
  ],
};

async function determinism(
  context: Context,
  words: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { ports } = context;
  const evidence = text(options.evidence);
  if (evidence !== undefined) refuseUnwritable(context, evidence);
  const { reference, id, input, kind } = await basisOf(context, words, options);
  const result = await audit({
    reference,
    id,
    rounds: positiveInteger('rounds', options, 1),
    only: Array.isArray(options.only) ? (options.only as readonly string[]) : undefined,
    atOnce: options['at-once'] === true,
    cacheDir: cacheFolder(ports),
    clock: ports.clock,
    onRun: name => context.progress(`changing ${name}`),
  });
  if (evidence !== undefined && result.verdict !== 'refuted')
    writeNamed(context, evidence, evidenceText(result, kind));
  const again = (probe: Probe) => reproduction(probe, words, options);
  const probes = result.probes.map(probe => ({
    ...probe,
    ...(probe.witness ? { reproduce: again(probe) } : {}),
  }));
  return {
    data: { ...result, input, probes } as unknown as JsonValue,
    diagnostics: findings(result, { again, lenient: options['allow-held'] === true, folder: words[0]! }),
    text: paint => story(result, input, paint),
  };
}
