import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Schema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly $defs?: Readonly<Record<string, Schema & Record<string, unknown>>>;
}

const read = (name: string): Schema =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../schemas', `${name}.schema.json`), 'utf8'),
  ) as Schema;

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
