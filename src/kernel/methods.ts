import { callProgram } from '../bus/schema.ts';
import type { Manifest } from '../capsule/manifest.ts';
import type { MethodSchema, MethodSchemas } from '../sandbox/contract.ts';

/** A capsule's manifest, and its files as they were verified. */
interface Files {
  readonly manifest: Manifest;
  read(path: string): Uint8Array;
}

/** What the methods of a capsule take and give, ready to be checked where they are called. @throws Failure VNES7003, VNES1xxx */
export async function methodsOf({ manifest, read }: Files): Promise<Record<string, MethodSchemas>> {
  const methods: Record<string, MethodSchemas> = {};
  const known = new Map<string, MethodSchema>();
  const compiled = async (path: string): Promise<MethodSchema> => {
    const schema = known.get(path) ?? { path, program: await callProgram(read(path), path) };
    known.set(path, schema);
    return schema;
  };
  for (const [name, { request, response }] of Object.entries(manifest.interfaces?.rpc?.methods ?? {}))
    methods[name] = {
      ...(request === undefined ? {} : { request: await compiled(request) }),
      ...(response === undefined ? {} : { response: await compiled(response) }),
    };
  return methods;
}
