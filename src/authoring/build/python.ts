import { Failure } from '../../base/diagnostic.ts';
import { MANIFEST_FILE } from '../../capsule/tree.ts';
import { parseEntry } from '../../sandbox/python/entry.ts';
import { inspectSources } from '../../sandbox/python/inspect.ts';
import { RELEASE } from '../../sandbox/python/release.ts';
import type { BuildJob, Built } from './job.ts';

/** What the build makes: the sources themselves are what runs. */
const CONSTANTS = 'impl/src/spec.py';

/**
 * Has the sources compiled by the interpreter that will run them, in a confined process that runs none of them. What comes out is the
 * generated constants. @throws Failure VNES5032, VNES5034
 */
export async function buildPython({ manifest, shownAs, sources, cacheDir }: BuildJob): Promise<Built> {
  const place = { file: `${shownAs}/${MANIFEST_FILE}` };
  const entry = parseEntry(manifest.interfaces?.python ?? '', place);
  const [first, ...more] = await inspectSources(
    { language: 'python', entry, files: sources },
    shownAs,
    cacheDir,
  );
  if (first) throw new Failure(first, ...more);
  return {
    steps: [{ step: 'check', tool: 'python', output: sources.get(CONSTANTS)! }],
    toolchain: [
      { tool: 'python', version: RELEASE.python },
      { tool: 'pyodide', version: RELEASE.pyodide },
    ],
    reproducible: true,
    warnings: [],
  };
}
