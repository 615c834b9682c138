import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../base/json.ts';
import { packageFolder } from './home.ts';

/** The version of this installation. */
export function packageVersion(): string {
  const text = readFileSync(join(packageFolder(), 'package.json'), 'utf8');
  return String((JSON.parse(text) as JsonObject).version);
}
