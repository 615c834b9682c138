import { basename, dirname, join } from 'node:path';

/**
 * The folder of the installed package: above `dist/` in a build, above `src/cli/` in a clone. The build replaces
 * `import.meta.dirname` in the CommonJS bundle.
 */
export function packageFolder(): string {
  const here = import.meta.dirname;
  return basename(here) === 'cli' ? dirname(dirname(here)) : dirname(here);
}

/** One of vnes' own folders. */
export function assetFolder(folder: 'templates' | 'schemas' | 'docs'): string {
  return join(packageFolder(), folder);
}
