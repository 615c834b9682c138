import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/base/diagnostic.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { TopicCatalog } from '../../src/bus/catalog.ts';
import type { TopicDeclaration } from '../../src/bus/declared.ts';
import { compileSchema } from '../../src/bus/schema.ts';
import { nextVersion, parseTopic } from '../../src/capsule/topic.ts';
import { codeOf } from '../store/recording.ts';

const SCHEMA =
  '{"type":"object","required":["n"],"additionalProperties":false,"properties":{"n":{"type":"number","maximum":9}}}';

function use(
  topic: string,
  capsule: string,
  more: Partial<TopicDeclaration> & { text?: string } = {},
): TopicDeclaration {
  const { text, ...rest } = more;
  const schemas = text === undefined ? [] : [schemaFile(capsule, text)];
  return { topic, capsule, role: 'publishes', schemas, ...rest };
}

function schemaFile(capsule: string, text: string) {
  return { path: `${capsule}/schema.json`, bytes: Buffer.from(text) };
}

async function codesOf(declarations: readonly TopicDeclaration[]): Promise<string[]> {
  try {
    await TopicCatalog.build(declarations);
    return [];
  } catch (error) {
    return (error as Failure).diagnostics.map(({ code }) => code);
  }
}

describe('topic names', () => {
  it('have a subject and a version', () => {
    expect(parseTopic('telemetry.metrics.v12')).toEqual({
      name: 'telemetry.metrics.v12',
      subject: 'telemetry.metrics',
      version: 12,
    });
    expect(nextVersion('telemetry.metrics.v12')).toBe('telemetry.metrics.v13');
  });

  it.each([
    '',
    'v1',
    'a',
    'a.v',
    'a.v0',
    'a.v01',
    'A.v1',
    'a..v1',
    '.a.v1',
    'a.v1.',
    'a b.v1',
    'a/b.v1',
    'a.v1\n',
    `${'a'.repeat(200)}.v1`,
  ])('%j is refused', async name => expect(await codeOf(() => parseTopic(name))).toBe('VNES7001'));
});

describe('the catalog of topics', () => {
  it('joins what the capsules declare', async () => {
    const catalog = await TopicCatalog.build([
      use('b.v1', 'user.z', { text: SCHEMA, partitions: 3 }),
      use('b.v1', 'user.a', { role: 'subscribes', text: ` ${SCHEMA.replace('{"n":', '{ "n" : ')} ` }),
      use('b.v1', 'user.b', { role: 'subscribes', partitions: 3 }),
      use('a.v1', 'user.a'),
    ]);
    expect(catalog.all().map(({ topic, partitions }) => [topic, partitions])).toEqual([
      ['a.v1', 1],
      ['b.v1', 3],
    ]);
    expect(catalog.topic('b.v1')).toMatchObject({
      publishers: ['user.z'],
      subscribers: ['user.a', 'user.b'],
    });
    expect(catalog.check('b.v1', { n: 1 })).toEqual([]);
    expect(catalog.check('a.v1', 'anything')).toEqual([]);
    expect(await codeOf(() => catalog.check('c.v1', 1))).toBe('VNES7002');
    expect(await codeOf(() => catalog.topic('c.v1'))).toBe('VNES7002');
  });

  it('says every way in which a payload breaks the schema, and where', async () => {
    const catalog = await TopicCatalog.build([use('a.v1', 'user.a', { text: SCHEMA })]);
    expect(catalog.check('a.v1', { n: 10, extra: 1 })).toEqual([
      { pointer: '', message: 'must NOT have additional properties: "extra"' },
      { pointer: '/n', message: 'must be <= 9' },
    ]);
    expect(catalog.check('a.v1', {})).toEqual([{ pointer: '', message: "must have required property 'n'" }]);
  });

  it('lets a publisher promise more than its subscribers ask, and holds each to its own word', async () => {
    const wide = SCHEMA.replace('"maximum":9', '"maximum":20');
    const catalog = await TopicCatalog.build([
      use('a.v1', 'user.a', { text: SCHEMA }),
      use('a.v1', 'user.b', { role: 'subscribes', text: wide }),
      use('a.v1', 'user.c', { role: 'subscribes' }),
    ]);
    expect(catalog.topic('a.v1').schemas).toHaveLength(2);
    expect(catalog.check('a.v1', { n: 10 }, 'user.a')).toEqual([{ pointer: '/n', message: 'must be <= 9' }]);
    expect(catalog.check('a.v1', { n: 10 })).toEqual([]);
    expect(catalog.check('a.v1', { n: 30 })).toEqual([{ pointer: '/n', message: 'must be <= 20' }]);
  });

  it('says what a publisher may say that a subscriber does not take, and what to do', async () => {
    const narrow = SCHEMA.replace('"maximum":9', '"maximum":3');
    const failure = await TopicCatalog.build([
      use('a.b.v1', 'user.a', { text: SCHEMA }),
      use('a.b.v1', 'user.b', { role: 'subscribes', text: narrow }),
    ]).catch(error => error as Failure);
    expect((failure as Failure).diagnostics).toMatchObject([
      {
        code: 'VNES7005',
        message: 'user.a may publish on a.b.v1 what user.b does not take',
        place: { file: 'user.b/schema.json', pointer: '/properties/n/maximum' },
        found: '/properties/n/maximum is 3, against 9',
        help: 'make the schemas fit, or name the topic a.b.v2 where its payloads are new',
      },
    ]);
  });

  it('takes a payload that obeys any one of several schemas', async () => {
    const schemas = ['string', 'number'].map(type => schemaFile(type, JSON.stringify({ type })));
    const catalog = await TopicCatalog.build([
      use('a.v1', 'user.a', { text: '{"type":"integer"}' }),
      use('a.v1', 'user.b', { role: 'subscribes', schemas }),
    ]);
    expect(['a', 1, null].map(payload => catalog.check('a.v1', payload).length)).toEqual([0, 0, 1]);
  });

  it('checks what is published on a topic that is not critical on request only', async () => {
    const declared = [use('a.v1', 'user.a', { text: SCHEMA, critical: false })];
    const published = async (more: readonly TopicDeclaration[], checkAll: boolean) =>
      (await TopicCatalog.build([...declared, ...more], { checkAll })).checkPublished('a.v1', {}, 'user.a')
        .length;
    const strict = use('a.v1', 'user.b', { role: 'subscribes', text: SCHEMA });
    expect([await published([], false), await published([], true), await published([strict], false)]).toEqual(
      [0, 1, 1],
    );
  });

  it('lists all conflicts at once', async () => {
    expect(
      await codesOf([
        use('Bad', 'user.a'),
        use('a.v1', 'user.a', { partitions: 1 }),
        use('a.v1', 'user.b', { partitions: 2 }),
        use('b.v1', 'user.a', { text: SCHEMA }),
        use('b.v1', 'user.b', { role: 'subscribes', text: '{"type":"object","required":["m"]}' }),
        use('c.v1', 'user.a', { text: '{"type":' }),
        use('d.v1', 'user.a', { text: '{"typ":"object"}' }),
      ]),
    ).toEqual(['VNES7001', 'VNES7004', 'VNES7005', 'VNES1002', 'VNES7003']);
  });
});

describe('a schema', () => {
  it.each([
    ['not a schema', '[]', 'VNES7003'],
    ['another dialect', '{"$schema":"http://json-schema.org/draft-07/schema#"}', 'VNES7003'],
    ['an unknown keyword', '{"propertys":{}}', 'VNES7003'],
    ['a reference to another document', '{"$ref":"https://example.org/other.json"}', 'VNES7003'],
    ['a reference that leads nowhere', '{"$ref":"#/$defs/nothing"}', 'VNES7003'],
    ['a broken pattern', '{"pattern":"("}', 'VNES7003'],
    ['an unknown keyword that every object inherits', '{"toString":{}}', 'VNES7003'],
    ['a type that does not exist', '{"type":"text"}', 'VNES7003'],
  ])('that is %s is refused', async (_name, text, code) => {
    expect(await codeOf(() => compileSchema(text, 'schema.json'))).toBe(code);
  });

  it.each<[string, JsonValue, JsonValue, JsonValue]>([
    ['{"properties":{"toString":{"type":"string"}}}', {}, { toString: 'a' }, { toString: 1 }],
    ['{"required":["valueOf","constructor"]}', { constructor: 1, valueOf: 2 }, 1, { constructor: 1 }],
    ['{"dependentRequired":{"toString":["a"]}}', {}, { toString: 1, a: 1 }, { toString: 1 }],
    ['{"dependentSchemas":{"toString":false}}', {}, { a: 1 }, { toString: 1 }],
    [
      '{"uniqueItems":true}',
      [{ valueOf: 1 }, { valueOf: 2 }],
      [{ constructor: {} }, { constructor: [] }],
      [{ constructor: {} }, { constructor: {} }],
    ],
    ['{"enum":[{"toString":1},{"constructor":{}}]}', { toString: 1 }, { constructor: {} }, {}],
    ['{"minLength":2,"maxLength":2}', 'a\u{1f9ea}', '\ude00\ud83d', '\u{1f9ea}'],
  ])('%s looks at what a payload has, not at what every object has', async (text, one, other, bad) => {
    const check = await compileSchema(text);
    expect([one, other, bad].map(payload => check(payload).length)).toEqual([0, 0, 1]);
  });

  it('of a recording that was made before looks at both', async () => {
    const check = await compileSchema('{"properties":{"toString":{"type":"string"}}}', undefined, false);
    expect(check({})).toHaveLength(1);
  });

  it('may refer to itself', async () => {
    const tree = '{"properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}},"additionalProperties":false}';
    const check = await compileSchema(tree);
    expect(check({ left: { right: {} } })).toEqual([]);
    expect(check({ left: { right: { up: {} } } })).toMatchObject([{ pointer: '/left/right' }]);
    const list =
      '{"$ref":"#/$defs/l","$defs":{"l":{"type":["null","object"],"properties":{"l":{"$ref":"#/$defs/l"}}}}}';
    expect((await compileSchema(list))({ l: { l: 1 } })).toMatchObject([{ pointer: '/l/l' }]);
  });

  it('may have the same $id as another and refer to its own parts', async () => {
    const text = (type: string): string =>
      `{"$id":"https://example.org/s","$ref":"#/$defs/v","$defs":{"v":{"type":"${type}"}}}`;
    const [one, other] = await Promise.all([compileSchema(text('string')), compileSchema(text('number'))]);
    expect([one('a').length, one(1).length, other('a').length, other(1).length]).toEqual([0, 1, 1, 0]);
  });
});
