import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Schema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly $defs?: Readonly<Record<string, Schema & Record<string, unknown>>>;
}

const SCHEMAS = join(import.meta.dirname, '../../schemas');
const read = (name: string): Schema =>
  JSON.parse(readFileSync(join(SCHEMAS, `${name}.schema.json`), 'utf8')) as Schema;

it('no schema of vnes names a member that every object inherits', () => {
  const names = (part: unknown): string[] =>
    Object.entries((part ?? {}) as object).flatMap(([name, value]) => [
      ...(Array.isArray(value) ? value.filter(each => typeof each === 'string') : [name]),
      ...(typeof value === 'object' ? names(value) : []),
    ]);
  const schemas = readdirSync(SCHEMAS).filter(name => name.endsWith('.schema.json'));
  const named = new Set(schemas.flatMap(name => names(read(name.replace('.schema.json', '')))));
  expect(named.size).toBeGreaterThan(300);
  expect(Object.getOwnPropertyNames(Object.prototype).filter(name => named.has(name))).toEqual([]);
});

it('the topic schema says what the manifest schema says of a topic', () => {
  const topic = read('topic');
  const definitions = read('manifest').$defs!;
  const use = definitions.topicUse!;
  expect(topic.required).toEqual(use.required);
  expect(Object.keys(topic.properties)).toEqual(Object.keys(use.properties));
  for (const [name, property] of Object.entries(use.properties)) {
    const { $ref, ...rest } = property;
    const referenced = typeof $ref === 'string' ? definitions[$ref.replace('#/$defs/', '')] : {};
    expect(topic.properties[name]).toEqual({ ...referenced, ...rest });
  }
});
