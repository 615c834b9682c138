import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Outcome } from '../../capsule/event.ts';
import { BlobList } from '../blobs.ts';
import type { OpenChannel } from '../channel.ts';
import { obstacleToConfining } from '../confine/trial.ts';
import type { ComponentSpec, InstanceOptions, PythonCode } from '../contract.ts';
import { enduring } from '../enduring.ts';
import { GUARDED_DENIALS, openGuarded } from '../guarded.ts';
import { openProcess, PROCESS_DENIALS } from '../process.ts';
import type { StartMessage } from '../protocol.ts';
import { type RequiredDenials, Session } from '../session.ts';
import { record } from '../vet.ts';
import { wirePython } from './wire.ts';

const CAPSULE = 'vnes.inspection';
const LIMITS_OF_INSPECTION = { timeoutMs: 60_000, memoryBytes: 256 * 1024 * 1024, fuel: LIMITS.pythonFuel };
const MOST_SHOWN = 20;

/**
 * What keeps Python sources from being run: those in impl/src/ that do not compile, and a function that is missing. An
 * interpreter in a process of its own reads them and runs none of them.
 * @throws Failure VNES5006, VNES5030, VNES5031
 */
export async function inspectSources(
  code: PythonCode,
  folder: string,
  cacheDir: string | undefined,
): Promise<readonly Diagnostic[]> {
  const [open, denials] = await strongestProcess();
  const start = (options: InstanceOptions) =>
    Session.start(open, options, denials, startOf(code, folder, cacheDir));
  // That a process was killed once says nothing about the sources.
  const inspection = await enduring({ name: 'process', start }).start(optionsFor(code));
  try {
    return diagnosticsOf(await inspection.init(), folder);
  } finally {
    await inspection.stop();
  }
}

/** Nothing of a capsule is run here, so a guarded process will do where none can be confined. */
async function strongestProcess(): Promise<readonly [OpenChannel, RequiredDenials]> {
  const confining = (await obstacleToConfining()) === undefined;
  return confining ? [openProcess, PROCESS_DENIALS] : [openGuarded, GUARDED_DENIALS];
}

function optionsFor(code: PythonCode): InstanceOptions {
  const component: ComponentSpec = {
    capsule: CAPSULE,
    version: '0.0.0',
    code,
    config: '{}',
    access: { owns: [], reads: [] },
    publishes: [],
    services: {},
  };
  const state = { get: () => undefined, scan: () => [] };
  return { component, seed: '0', limits: LIMITS_OF_INSPECTION, state };
}

function startOf(code: PythonCode, folder: string, cacheDir: string | undefined): StartMessage {
  const blobs = new BlobList();
  const { memoryBytes, fuel } = LIMITS_OF_INSPECTION;
  const wire = wirePython(code, { memoryBytes, cacheDir, blobs, place: { file: folder } }, 'inspect');
  const component = {
    capsule: CAPSULE,
    config: '{}',
    owns: [],
    reads: [],
    publishes: [],
    services: {},
    code: wire,
  };
  return { type: 'start', seed: '0', fuel, components: [component], blobs: blobs.items };
}

/** Its findings come as lines of the log (bootstrap.py). */
function diagnosticsOf(outcome: Outcome, folder: string): readonly Diagnostic[] {
  if (outcome.kind !== 'ok') {
    return [
      diagnose('VNES5034', 'the Python sources cannot be read', {
        place: { file: `${folder}/impl/src` },
        expected: 'sources that an interpreter compiles within the limits of a capsule',
        found: outcome.message,
      }),
    ];
  }
  return outcome.effects.logs
    .slice(0, MOST_SHOWN)
    .map(({ message }) => toDiagnostic(parseFinding(message), folder));
}

interface Finding {
  readonly kind: string;
  readonly path: string;
  readonly message: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
}

function parseFinding(text: string): Finding {
  const fields = record(parseJson(text), 'a finding');
  const number = (field: unknown) => (typeof field === 'number' && field > 0 ? field : undefined);
  return {
    kind: String(fields.kind),
    path: String(fields.path),
    message: String(fields.message),
    line: number(fields.line),
    column: number(fields.column),
  };
}

function toDiagnostic({ kind, path, message, line, column }: Finding, folder: string): Diagnostic {
  const file = `${folder}/${path}`;
  if (kind === 'missing') {
    return diagnose('VNES5032', message, {
      place: { file },
      expected: 'the function that interfaces.python of the manifest names',
      found: 'none',
      help: 'define it, or name another in the manifest',
    });
  }
  const place = {
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
  return diagnose('VNES5034', `a Python source does not compile: ${message}`, { place });
}
