import { resolve } from 'node:path';
import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose, Failure, fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import type { Ports } from '../base/ports.ts';
import { commandLine } from '../base/shell.ts';
import { ZONES, type Zone } from '../capsule/zone.ts';
import { bind, type Network } from '../kernel/binding.ts';
import { type Booted, type BootRequest, boot, nameOf } from '../kernel/boot.ts';
import { type IngressEvent, parseIngress, type TopicCheck } from '../kernel/ingress.ts';
import { type Invariants, type InvariantsFile, prepareInvariants } from '../kernel/invariants/prepare.ts';
import { keepDecisions } from '../kernel/quarantine/keep.ts';
import type { RunSettings } from '../kernel/recording.ts';
import { inputCheck } from '../kernel/topic-check.ts';
import { discoverCapsules } from '../registry/discover.ts';
import { parseLock } from '../registry/lock.ts';
import { type Behaviour, USUAL } from '../store/flags.ts';
import { loadTrust, type TrustStore } from '../trust/store.ts';
import { diagnosticsOf } from '../trust/verdict.ts';
import type { ArgumentSpec, Context, OptionSpec, OptionValues, Result } from './command.ts';
import { type NamedBytes, readNamed } from './files.ts';
import { cacheFolder, quarantineFolder } from './folders.ts';
import { INVARIANTS_OPTION, invariantsOption } from './invariants.ts';
import { TRUST_OPTIONS, trustOptions } from './trust-options.ts';
import { positiveInteger, text, texts } from './values.ts';
import { WEAKER_OPTION } from './weaker.ts';

const DEFAULT_FRAME_EVENTS = 64;

export const CAPSULES: ArgumentSpec = {
  name: 'paths',
  help: 'capsule folders, or folders to look for capsules in',
  required: true,
  variadic: true,
};

/** The options of every command that runs capsules over an input. */
export const NETWORK_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'input',
    short: 'i',
    value: 'FILE',
    help: 'events, one JSON object a line; - reads standard input',
  },
  {
    name: 'trust-zone',
    value: 'ZONE',
    help: `run each capsule in the less trusted of its zone and this (default: system): ${ZONES.join(', ')}`,
  },
  {
    name: 'allow-file',
    value: 'PATH',
    multiple: true,
    help: 'let capsules of the zones system and tenant read this file, or any in this folder, if their manifest asks for it',
  },
  { name: 'seed', value: 'N', help: 'seed of the randomness that capsules are given (default: 0)' },
  {
    name: 'frame-events',
    value: 'N',
    help: `input events that a frame takes at most (default: ${DEFAULT_FRAME_EVENTS})`,
  },
  {
    name: 'check-all',
    help: 'check what capsules publish on topics that are not critical, too',
  },
  INVARIANTS_OPTION,
  WEAKER_OPTION,
  ...TRUST_OPTIONS,
  { name: 'lock', value: 'FILE', help: 'run what this lock file says, and nothing else' },
];

/** Capsules that were admitted and bound. */
export interface Prepared {
  readonly booted: Booted;
  readonly network: Network;
  readonly invariants: Invariants;
  /** Those of a file. */
  readonly stated: InvariantsFile | undefined;
  /** What speaks against an input event. */
  readonly check: TopicCheck;
  /** What the quarantine could not keep of it. */
  readonly unkept: readonly Diagnostic[];
}

/**
 * Decides about the capsules of a run and binds them; without a behaviour, the options say how it behaves. Invariants that are `recorded`
 * go on to hold beside those of the option. A refusal is a result.
 * @throws Failure for options, files and declarations that cannot be used.
 */
export async function prepareNetwork(
  context: Context,
  paths: readonly string[],
  options: OptionValues,
  zone: Zone,
  behaviour: Behaviour = { ...USUAL, checkAll: options['check-all'] === true },
  recorded?: InvariantsFile,
): Promise<Prepared | { readonly refusal: Result }> {
  const { ports } = context;
  const stated = joined(recorded, await invariantsOption(context, options));
  const folders = await discoverCapsules(paths, ports.env.cwd);
  context.progress(`verifying ${folders.length} capsules`);
  const trust = await loadTrust({ ...trustOptions(options), capsules: folders }, ports);
  const booted = await boot({
    folders,
    cwd: ports.env.cwd,
    trust,
    cacheDir: cacheFolder(ports),
    zone,
    allowedFiles: texts(options['allow-file']).map(path => resolve(ports.env.cwd, path)),
    lock: await lockOption(context, options),
  });
  const unkept = keepVerdicts(booted, trust, ports);
  if (booted.refused.length > 0) return { refusal: refusal(booted, unkept) };

  const network = await bind(booted.capsules, behaviour);
  const invariants = await prepareInvariants(booted.capsules, ...(stated ? [stated] : []));
  return { booted, network, invariants, stated, check: inputCheck(network.catalog), unkept };
}

/** Both, and once what stands in both. */
function joined(recorded: InvariantsFile | undefined, given: InvariantsFile | undefined) {
  if (!recorded || !given) return given ?? recorded;
  const known = new Set(recorded.invariants.map(each => canonicalJson(asJson(each))));
  const more = given.invariants.filter(each => !known.has(canonicalJson(asJson(each))));
  return { file: given.file, invariants: [...recorded.invariants, ...more] };
}

function asJson(invariant: InvariantsFile['invariants'][number]): JsonValue {
  return invariant as unknown as JsonValue;
}

/** Reads what `--input` names. @throws Failure VNES1010, VNES9007 */
export function readInput(context: Context, options: OptionValues): Promise<NamedBytes> {
  return readNamed(context, inputOption(options));
}

export function zoneOption(options: OptionValues): Zone {
  const zone = text(options['trust-zone']) ?? 'system';
  return (
    ZONES.find(known => known === zone) ??
    fail('VNES9006', `there is no trust zone ${JSON.stringify(zone)}`, {
      expected: ZONES.join(', '),
      found: zone,
    })
  );
}

/** The events of an input. @throws Failure VNES1106 when there are none; VNES110x */
export function eventsIn({ bytes, name }: NamedBytes, check: TopicCheck) {
  const events = parseIngress(bytes, name, check);
  if (events.length === 0)
    fail('VNES1106', 'the input holds no events', { place: { file: name }, help: 'vnes explain VNES1106' });
  return events;
}

/** What decides a run that begins by itself. */
export function settingsOf(
  options: OptionValues,
  events: readonly IngressEvent[],
  zone: Zone,
  stated: InvariantsFile | undefined,
): RunSettings {
  return {
    seed: text(options.seed) ?? '0',
    epoch: events[0]!.time,
    frameIngress: positiveInteger('frame-events', options, DEFAULT_FRAME_EVENTS),
    zone,
    ...(stated ? { invariants: stated.invariants } : {}),
  };
}

function inputOption(options: OptionValues): string {
  return (
    text(options.input) ??
    fail('VNES9007', 'no input was given', { expected: '--input FILE, or --input - for standard input' })
  );
}

async function lockOption(context: Context, options: OptionValues): Promise<BootRequest['lock']> {
  const file = text(options.lock);
  if (file === undefined) return undefined;
  return { file, content: parseLock((await readNamed(context, file)).bytes, file) };
}

/**
 * What the quarantine cannot keep. It must not hide why capsules were refused; and where none was, it is memory and no authority,
 * so that the run goes on with a warning.
 */
function keepVerdicts(
  { decisions, refused }: Booted,
  trust: TrustStore,
  ports: Ports,
): readonly Diagnostic[] {
  try {
    const place = { dir: quarantineFolder(ports), cwd: ports.env.cwd };
    keepDecisions(decisions, { ...place, gate: 'run', trust, now: ports.clock.now() });
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return refused.length > 0 ? error.diagnostics : error.diagnostics.map(asWarning);
  }
}

/** The recording states the grades too. */
function asWarning(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: 'warning' };
}

/** Nothing runs while anything is quarantined. */
function refusal({ refused, verdicts }: Booted, unkept: readonly Diagnostic[]): Result {
  const diagnostics = refused.flatMap(({ checks }) => diagnosticsOf(checks));
  const names = refused.map(nameOf);
  diagnostics.push(
    diagnose(
      'VNES3101',
      `nothing was run: ${refused.length} of ${verdicts.length} capsules are quarantined`,
      {
        found: names.join(', '),
        help: commandLine(['vnes', 'quarantine-inspect'], [names[0]!]),
      },
    ),
    ...unkept,
  );
  return {
    data: { quarantined: refused as unknown as JsonValue },
    diagnostics,
    exit: 'negative',
    text: () => '',
  };
}
