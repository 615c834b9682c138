import type { JsonValue } from '../../base/json.ts';
import { type SchemaError, violationWords } from '../../base/schema.ts';
import { type ProgramBody, type Validator, validatorOf } from '../../base/schema-program.ts';
import type { MethodSchema } from '../contract.ts';
import type { WireComponent } from '../protocol.ts';
import { importText } from './import-text.ts';

/** What one side of a method is held to. */
interface Held extends MethodSchema {
  readonly validate: Validator;
}

export type Side = 'request' | 'response';

/** What the methods of a component take and give, by side and name, as far as its manifest says it. */
export type Contract = Readonly<Record<Side, ReadonlyMap<string, Held>>>;

/** Compiles what the methods of a component are held to. */
export async function loadContract({ methods = {} }: WireComponent): Promise<Contract> {
  const contract = { request: new Map<string, Held>(), response: new Map<string, Held>() };
  for (const [name, sides] of Object.entries(methods))
    for (const side of ['request', 'response'] as const) {
      const schema = sides[side];
      if (schema) contract[side].set(name, { ...schema, validate: await load(schema) });
    }
  return contract;
}

/** The same text is the same module, so what two methods share is compiled once. */
async function load({ program }: MethodSchema): Promise<Validator> {
  const source = `export default (require, module) => {${program}\n}`;
  return validatorOf((await importText<{ readonly default: ProgramBody }>(source)).default);
}

/** How a document breaks its schema, in words that no version of another's code can change; undefined when it obeys. */
export function breach({ validate, path }: Held, document: string): string | undefined {
  if (validate(JSON.parse(document) as JsonValue)) return undefined;
  const [first] = validate.errors as readonly SchemaError[];
  const { pointer, expected, found } = violationWords(first!);
  return `breaks ${path}${pointer && ` at ${pointer}`}: expected ${expected}, found ${found}`;
}
