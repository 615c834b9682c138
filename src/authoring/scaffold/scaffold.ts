import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { compareUtf8 } from '../../base/order.ts';
import { makeFolders } from '../../base/write-file.ts';
import { type Identity, identify } from './identity.ts';
import { type Template, templateNamed } from './templates.ts';

export interface ScaffoldRequest {
  readonly template: string;
  readonly id: string;
  /** Target folder, as the user named it; by default the last segment of the id. */
  readonly dir?: string | undefined;
  readonly cwd: string;
  /** Absolute path of vnes' templates. */
  readonly templates: string;
}

export interface Scaffolded {
  readonly identity: Identity;
  readonly template: Template;
  /** The target as the user may type it. */
  readonly dir: string;
  /** Paths below it, in UTF-8 order. */
  readonly files: readonly string[];
}

/**
 * Writes a new capsule. The target must not exist, or be an empty folder: nothing is ever overwritten.
 * @throws Failure VNES1050 to VNES1052 before anything is written; VNES1012 when the target cannot be written.
 */
export function scaffold(request: ScaffoldRequest): Scaffolded {
  const template = templateNamed(request.template);
  const identity = identify(request.id);
  const dir = request.dir ?? identity.name;
  const target = resolve(request.cwd, dir);
  const contents = readTemplate(request.templates, template, identity);
  const created = claim(target, dir);
  try {
    for (const [path, text] of contents) {
      mkdirSync(dirname(join(target, path)), { recursive: true });
      writeFileSync(join(target, path), text, { flag: 'wx' });
    }
  } catch (error) {
    if (created) rmSync(target, { recursive: true, force: true });
    unwritable(dir, error);
  }
  return { identity, template, dir, files: [...contents.keys()] };
}

/** The capsule's files by their paths, in UTF-8 order. */
function readTemplate(folder: string, template: Template, identity: Identity): Map<string, string> {
  const parts = template.parts.map(({ name, into = '' }) => readFolder(join(folder, 'parts', name), into));
  const files = [...readFolder(join(folder, template.name)), ...parts.flat()];
  files.sort(([a], [b]) => compareUtf8(a, b));
  return new Map(files.map(([path, text]) => [path, fill(text, identity)]));
}

function readFolder(source: string, into = ''): (readonly [path: string, text: string])[] {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .map(file => [
      nameOf(join(into, relative(source, file)).replaceAll(sep, '/')),
      readFileSync(file, 'utf8'),
    ]);
}

/** npm leaves `.gitignore` out of packages, so templates call it `_gitignore`. */
function nameOf(path: string): string {
  return path.replace(/(^|\/)_(?=gitignore$)/, '$1.');
}

function fill(text: string, { id, name, zone, governance }: Identity): string {
  return text
    .replaceAll('__ID__', id)
    .replaceAll('__NAME__', name)
    .replaceAll('__ZONE__', zone)
    .replaceAll('__GOVERNANCE__', governance);
}

/** Makes the target folder and says whether it was not there before. */
function claim(target: string, dir: string): boolean {
  try {
    const fresh = makeFolders(target) !== undefined;
    if (fresh || readdirSync(target).length === 0) return fresh;
  } catch (error) {
    if (!isCode(error, 'EEXIST', 'ENOTDIR')) unwritable(dir, error);
  }
  return fail('VNES1052', `${JSON.stringify(dir)} already exists`, {
    place: { file: dir },
    expected: 'a new folder or an empty one',
    found: 'something that would be overwritten',
    help: 'name another folder with --dir DIR',
  });
}

function unwritable(dir: string, error: unknown): never {
  return fail('VNES1012', 'the capsule cannot be written there', {
    place: { file: dir },
    expected: 'a folder that can be written',
    found: (error as NodeJS.ErrnoException).code ?? 'an error',
  });
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
