/** TypeScript text for the values that a JSON Schema of ours allows. Knows only the keywords that our schemas use. */

const SCALARS = { string: 'string', boolean: 'boolean', integer: 'number', number: 'number', null: 'null' };

/** The type of values of `schema`; `$ref`s are resolved in `root`. */
export function typeOf(schema, root) {
  if (schema === true) return 'JsonValue';
  if (schema.$ref) return typeOf(resolve(schema.$ref, root), root);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return alternatives.map(each => typeOf(each, root)).join(' | ');
  if (schema.type === undefined) return 'JsonValue';
  return [schema.type]
    .flat()
    .map(type => typeNamed(type, schema, root))
    .join(' | ');
}

function typeNamed(type, schema, root) {
  if (type === 'array') return `readonly (${typeOf(schema.items ?? true, root)})[]`;
  if (type === 'object') return objectType(schema, root);
  return SCALARS[type];
}

function objectType(schema, root) {
  const names = Object.keys(schema.properties ?? {});
  const rest = schema.additionalProperties ?? true;
  if (names.length === 0 && rest === true) return 'JsonObject';
  const members = names.map(name => {
    const optional = schema.required?.includes(name) ? '' : '?';
    return `readonly ${JSON.stringify(name)}${optional}: ${typeOf(schema.properties[name], root)};`;
  });
  // An open object may hold any value beside the named ones, so the index signature has to admit their types too.
  if (rest === true) members.push('readonly [other: string]: unknown;');
  else if (rest !== false) members.push(`readonly [name: string]: ${typeOf(rest, root)};`);
  return `{ ${members.join(' ')} }`;
}

function resolve(reference, root) {
  let target = root;
  for (const part of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) target = target?.[part];
  if (target === undefined) throw new Error(`the schema ${root.$id} has no ${reference}`);
  return target;
}
