/**
 * Writes src/generated/<name>.js and .d.ts for every schemas/<name>.schema.json: a validator that needs no package at run
 * time, and the TypeScript type of what it accepts. A definition with an `$anchor` gets a validator of its own.
 *
 *   node scripts/generate.js
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { typeOf } from './schema-types.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const EQUAL = path.join(ROOT, 'scripts', 'equal.js');
const TARGET = path.join(ROOT, 'src', 'generated');

mkdirSync(TARGET, { recursive: true });
for (const file of readdirSync(path.join(ROOT, 'schemas')).sort()) {
  if (file.endsWith('.schema.json')) await generate(file.slice(0, -'.schema.json'.length));
}

async function generate(name) {
  const schema = JSON.parse(readFileSync(path.join(ROOT, 'schemas', `${name}.schema.json`), 'utf8'));
  const parts = validatedParts(name, schema);
  write(`${name}.js`, await bundle(parts, schema));
  write(`${name}.d.ts`, declarations(parts, schema));
}

/** The schema itself and each of its anchored definitions. */
function validatedParts(name, schema) {
  const anchored = Object.values(schema.$defs ?? {}).filter(part => part.$anchor);
  return [
    { title: pascal(name), reference: schema.$id, schema },
    ...anchored.map(part => ({
      title: pascal(part.$anchor),
      reference: `${schema.$id}#${part.$anchor}`,
      schema: part,
    })),
  ];
}

async function bundle(parts, schema) {
  const options = {
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    // Said by src/base/schema.ts, in the words of the schema's titles.
    messages: false,
    code: { source: true, esm: true },
  };
  const ajv = new Ajv2020(options);
  // Known to ajv's reference resolution, but not to its strict mode.
  ajv.addVocabulary(['$anchor']);
  ajv.addSchema(expanded(withoutDescriptions(schema)));
  const names = Object.fromEntries(parts.map(part => [`check${part.title}`, part.reference]));
  const wrappers = [reporter(schema), ...parts.map(part => wrapper(part, schema))];
  const code = standaloneCode(ajv, names);
  const checks = {
    name: 'checks',
    setup(setup) {
      setup.onResolve({ filter: /^checks$/ }, () => ({ path: 'checks', namespace: 'checks' }));
      setup.onLoad({ filter: /.*/, namespace: 'checks' }, () => ({ contents: code, resolveDir: ROOT }));
    },
  };
  const result = await build({
    stdin: { contents: wrappers.join('\n'), resolveDir: ROOT },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    minifySyntax: true,
    // ajv's own calls methods of what it compares, and documents may have members called like them.
    alias: { 'ajv/dist/runtime/equal': EQUAL },
    plugins: [checks],
  });
  return result.outputFiles[0].text;
}

/** The exported function: no violations, or each with the value and the part of the schema that it is about. */
function wrapper({ title, schema: part }, schema) {
  const name = Object.keys(schema.$defs ?? {}).find(key => schema.$defs[key] === part);
  const base = name === undefined ? '' : `/$defs/${name}`;
  return (
    `import { check${title} } from 'checks';\n` +
    `export function validate${title}(value) {\n` +
    `  if (check${title}(value)) return [];\n` +
    `  const schema = JSON.parse(SCHEMA);\n` +
    `  return check${title}.errors.map(error => detailed(error, value, schema, ${JSON.stringify(base)}));\n}`
  );
}

/**
 * Looks up what a violation is about. Validators that carried it themselves (ajv's `verbose`) would be twice their size, and
 * are read at every start; the schema as a string costs nothing until something is wrong.
 */
function reporter(schema) {
  return `
const SCHEMA = ${JSON.stringify(JSON.stringify(withoutDescriptions(schema)))};
function at(value, pointer, follow = each => each) {
  for (const part of pointer.split('/').slice(1))
    value = follow(value?.[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')]);
  return value;
}
function detailed(error, value, schema, base) {
  const [, pointer] = error.schemaPath.split('#');
  const follow = part => part?.$ref?.startsWith('#/') ? follow(at(schema, part.$ref.slice(1))) : part;
  const within = pointer.startsWith('/$defs/') ? pointer : base + pointer;
  const parentSchema = at(schema, within.slice(0, within.lastIndexOf('/')), follow);
  return { ...error, parentSchema, data: at(value, error.instancePath.replaceAll('%', '%25')) };
}`;
}

/**
 * The schema with the references that ajv does not resolve in place, replaced by what they refer to: those to definitions that
 * hold references themselves. ajv makes functions of them, which report where in the definition, but not in which one.
 */
function expanded(schema) {
  const expand = (part, within) => {
    if (Array.isArray(part)) return part.map(each => expand(each, within));
    if (part === null || typeof part !== 'object') return part;
    const { $ref, ...rest } = part;
    const own = Object.entries(rest).map(([key, value]) => [key, expand(value, within)]);
    if ($ref === undefined) return Object.fromEntries(own);
    const { $anchor: _, ...target } = $ref
      .split('/')
      .slice(1)
      .reduce((found, name) => found[name], schema);
    if (!JSON.stringify(target).includes('"$ref":')) return { $ref, ...Object.fromEntries(own) };
    if (within.includes($ref)) throw new Error(`${$ref} refers to itself, which is not supported`);
    return { ...expand(target, [...within, $ref]), ...Object.fromEntries(own) };
  };
  return expand(schema, []);
}

/** What editors show is half of a schema's size. */
function withoutDescriptions(schema) {
  const text = JSON.stringify(schema, (key, value) =>
    key === 'description' && typeof value === 'string' ? undefined : value,
  );
  return JSON.parse(text);
}

function declarations(parts, schema) {
  const lines = parts.flatMap(({ title, schema: part }) => [
    `export type ${title}Document = ${typeOf(part, schema)};`,
    `/** Every violation of the schema; none when \`value\` is valid. */`,
    `export declare function validate${title}(value: unknown): readonly SchemaError[];`,
  ]);
  const json = lines.join('\n').match(/\bJson(?:Value|Object)\b/g);
  if (json) lines.unshift(`import type { ${[...new Set(json)].sort().join(', ')} } from '../base/json.ts';`);
  return [`import type { SchemaError } from '../base/schema.ts';`, ...lines, ''].join('\n');
}

/** Renamed into place, so that a reader at the same time sees either the old file or the new one. */
function write(name, text) {
  const partial = path.join(TARGET, `.${name}.${process.pid}`);
  writeFileSync(partial, `// Generated by scripts/generate.js. Not for editing.\n${text}`);
  renameSync(partial, path.join(TARGET, name));
}

function pascal(name) {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase());
}
