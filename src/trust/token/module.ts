import { execFile } from 'node:child_process';
import { diagnose, Failure, fail } from '../../base/diagnostic.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../base/json.ts';
import type { Ports } from '../../base/ports.ts';
import { absoluteFolders } from '../../base/search-path.ts';
import { PROGRAM } from './program.ts';
import { refuseStatus } from './statuses.ts';

/** Where modules look for their own settings. Nothing else of the environment is passed on. */
const MODULE_VARIABLES = [
  'HOME',
  'XDG_CONFIG_HOME',
  'SOFTHSM2_CONF',
  'OPENSC_CONF',
  'YUBIHSM_PKCS11_CONF',
  'TPM2_PKCS11_STORE',
  'KRYOPTIC_CONF',
] as const;

/** p11-kit's module, which stands for all that the machine has registered. */
const ALL_MODULES: Readonly<Record<string, string>> = { darwin: 'p11-kit-proxy.dylib' };
const USUAL_MODULES = 'p11-kit-proxy.so';

/** Python alone: no variables, no packages, nothing written. */
const FLAGS = ['-I', '-S', '-B', '-c'];
const ANSWER_BYTES = 4 * 1024 * 1024;

/** One question to a token: what to do, and with what. */
export type Question = Readonly<Record<string, JsonValue>> & { readonly do: 'tokens' | 'keys' | 'sign' };

/** A PKCS#11 module as it is asked. */
export interface Module {
  readonly path: string;
  /** @throws Failure VNES2036, VNES2037, and by PKCS#11's own status VNES2032, VNES2039 or VNES2041. */
  ask(question: Question, waitMs: number): Promise<JsonValue>;
}

/** The module at a path, or the one that stands for all. */
export function moduleAt(path: string | undefined, ports: Ports): Module {
  const file = path ?? ALL_MODULES[ports.env.platform] ?? USUAL_MODULES;
  return {
    path: file,
    ask: async (question, waitMs) => {
      const printed = await run(JSON.stringify({ ...question, module: file }), environment(ports), waitMs);
      return answer(parse(printed), file);
    },
  };
}

function environment({ env }: Ports): Record<string, string> {
  const kept = MODULE_VARIABLES.flatMap(name => {
    const value = env.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C', PATH: absoluteFolders(env.get('PATH')) };
}

/** Runs the program to its end. The question goes through a pipe, where nobody else can read it. */
function run(question: string, env: Record<string, string>, waitMs: number): Promise<Buffer> {
  const options = { env, cwd: '/', timeout: waitMs, killSignal: 'SIGKILL', maxBuffer: ANSWER_BYTES } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(
      'python3',
      [...FLAGS, PROGRAM],
      { ...options, encoding: 'buffer' },
      (error, out, complaint) => {
        if (error) reject(ended(error, complaint.toString('utf8'), waitMs));
        else resolve(out);
      },
    );
    // A module that waits for a finger would wait on when vnes is told to stop.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('close', () => process.off('exit', kill));
    child.stdin?.on('error', () => {});
    child.stdin?.end(question);
  });
}

function ended(
  error: Error & { code?: unknown; killed?: boolean | undefined },
  complaint: string,
  waitMs: number,
): Failure {
  if (error.code === 'ENOENT' || error.code === 'EACCES') {
    return new Failure(
      diagnose('VNES2036', 'Python cannot be started, and tokens are asked through it', {
        expected: 'python3 on the search path',
        found: error.code,
        help: 'install python3',
      }),
    );
  }
  const last = complaint.trimEnd().split('\n').at(-1)?.slice(0, 300);
  const found = error.killed
    ? `nothing within ${waitMs} ms, or too much`
    : last || error.message.split('\n')[0]!.slice(0, 100);
  return broken('a module that answers', found);
}

function parse(printed: Buffer): JsonValue {
  try {
    return parseJson(printed);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw broken('one line of JSON', `${printed.length} bytes of something else`);
  }
}

/** What was found, or why not. */
function answer(value: JsonValue, file: string): JsonValue {
  const { done, refused, status, unusable } = { ...(value as JsonObject) };
  if (Array.isArray(done) || typeof done === 'string') return done;
  if (typeof refused === 'string' && typeof status === 'number') refuseStatus(refused, status);
  if (typeof unusable !== 'string') throw broken('an answer to the question', 'another one');
  return fail('VNES2036', 'the PKCS#11 module cannot be used', {
    place: { file },
    expected: 'a PKCS#11 module, such as that of p11-kit, or the one that module-path names',
    found: unusable.slice(0, 300),
    help: "name it in the key: 'pkcs11:token=NAME;object=LABEL?module-path=/path/to/module.so'",
  });
}

function broken(expected: string, found: string): Failure {
  const help = 'see that pkcs11-tool -L works with the same module';
  return new Failure(
    diagnose('VNES2037', 'the PKCS#11 module does not answer as it should', { expected, found, help }),
  );
}
