import { resolve } from 'node:path';
import { Failure, fail } from '../../base/diagnostic.ts';
import { commandLine } from '../../base/shell.ts';
import { capsuleName } from '../../capsule/manifest.ts';
import { admit } from '../../kernel/admission.ts';
import { bind, type LoadedCapsule } from '../../kernel/binding.ts';
import { boot } from '../../kernel/boot.ts';
import { type IngressEvent, parseIngress } from '../../kernel/ingress.ts';
import { madeUpIngress } from '../../lab/audit/ingress.ts';
import { freshReference, type Reference, recordedReference } from '../../lab/audit/reference.ts';
import { recordingAt } from '../../lab/branches.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import { USUAL } from '../../store/flags.ts';
import { loadTrust, type TrustStore } from '../../trust/store.ts';
import { diagnosticsOf, type Verdict } from '../../trust/verdict.ts';
import type { Context, OptionValues } from '../command.ts';
import { readNamed } from '../files.ts';
import { cacheFolder } from '../folders.ts';
import { trustOptions } from '../trust-options.ts';
import { positiveInteger, text } from '../values.ts';

const EVENTS = 24;
const FRAME_EVENTS = 4;

/** What an audit is held against, and of whom. */
export interface Basis {
  readonly reference: Reference;
  readonly id: string;
  /** Where its input is from, in words. */
  readonly input: string;
  /** The same without names of this machine. */
  readonly kind: string;
}

/**
 * A recording, events that the user gives, or events made up from schemas, in this order.
 * @throws Failure for a capsule that is not admitted, and for input that is none
 */
export async function basisOf(
  context: Context,
  [shown = '', ...others]: readonly string[],
  options: OptionValues,
): Promise<Basis> {
  const { cwd } = context.ports.env;
  const [folder, ...more] = await discoverCapsules([shown], cwd);
  if (folder === undefined || more.length > 0) oneOnly(shown, 1 + more.length);
  const recording = text(options.recording);
  const around = others.length > 0 ? await discoverCapsules(others, cwd) : [];
  const folders = [folder!, ...around.filter(other => other !== folder)];
  const trust = await loadTrust({ ...trustOptions(options), capsules: folders }, context.ports);
  return recording === undefined
    ? fresh(context, folders, trust, options)
    : recorded(context, folder!, trust, recording);
}

function oneOnly(shown: string, found: number): never {
  return fail('VNES9006', 'one capsule is audited at a time', {
    expected: 'the folder of one capsule, and behind it those that it requires',
    found: `${found} below ${shown}`,
  });
}

async function recorded(
  { ports }: Context,
  folder: string,
  trust: TrustStore,
  recording: string,
): Promise<Basis> {
  const { cwd } = ports.env;
  const { verdict, capsule } = await admit(resolve(cwd, folder), folder, trust, cacheFolder(ports));
  if (!capsule) return refuse([verdict]);
  const reference = await recordedReference(recordingAt(cwd, recording));
  const { manifest, tree } = capsule;
  const then = reference.capsules.find(({ manifest: { id } }) => id === manifest.id);
  if (then?.tree !== tree) otherThen(recording, capsuleName(manifest), tree, then);
  return { reference, id: manifest.id, input: `what ${recording} gave it`, kind: 'a recording' };
}

function otherThen(recording: string, name: string, tree: string, then: LoadedCapsule | undefined): never {
  return fail('VNES8104', `${name} as it is here took no part in this recording`, {
    place: { file: recording },
    expected: `${name} of the tree ${tree}`,
    found: then ? `${capsuleName(then.manifest)} of the tree ${then.tree}` : 'no capsule of this id',
    help: `record it anew, or ask what it would have done: ${commandLine(['vnes', 'replay', '--with', 'DIR'], [recording])}`,
  });
}

async function fresh(
  context: Context,
  folders: readonly string[],
  trust: TrustStore,
  options: OptionValues,
): Promise<Basis> {
  const { env } = context.ports;
  const cacheDir = cacheFolder(context.ports);
  const booted = await boot({ folders, cwd: env.cwd, trust, cacheDir, zone: 'system' });
  if (booted.refused.length > 0) return refuse(booted.refused);
  const { capsules } = booted;
  const network = await bind(capsules, USUAL);
  const id = booted.verdicts.find(verdict => verdict.folder === folders[0])!.id!;
  const subject = capsules.find(({ manifest }) => manifest.id === id)!;
  const seed = text(options.seed) ?? '0';
  const given = text(options.input);
  const count = positiveInteger('events', options, EVENTS);
  const input =
    given === undefined
      ? madeUpIngress({ subject, network, seed, count })
      : await parsed(context, given, network);
  const frameIngress = positiveInteger('frame-events', options, FRAME_EVENTS);
  const reference = await freshReference({ capsules, network, input, seed, frameIngress, cacheDir });
  const madeUp = `${input.length} events made up from seed ${seed}`;
  const kind = given === undefined ? madeUp : `${input.length} events that were given`;
  return { reference, id, input: given ?? madeUp, kind };
}

async function parsed(
  context: Context,
  name: string,
  { catalog, subscribers }: Reference['network'],
): Promise<readonly IngressEvent[]> {
  const { bytes, name: file } = await readNamed(context, name);
  return parseIngress(bytes, file, (topic, payload) => {
    if (subscribers(topic).length === 0) return [`no capsule here subscribes to ${topic}`];
    const violations = catalog.check(topic, payload);
    return violations.map(({ pointer, message }) => `${pointer || 'the payload'} ${message}`);
  });
}

function refuse(verdicts: readonly Verdict[]): never {
  const [first, ...more] = verdicts
    .flatMap(({ checks }) => diagnosticsOf(checks))
    .filter(({ severity }) => severity === 'error');
  throw new Failure(first!, ...more);
}
