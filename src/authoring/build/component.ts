import { capsuleWit } from './wit.ts';

/** Wraps a core module into a component of the world `vnes:capsule/capsule`. Throws the tool's own message. */
export async function toComponent(core: Uint8Array): Promise<Uint8Array> {
  const { componentEmbed, componentNew } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const embedded = await componentEmbed({ binary: core, witSource: capsuleWit().text, world: 'capsule' });
  return componentNew(embedded, []);
}

/** Name and version of the tool behind {@link toComponent}: it is bundled, so the version is the one that vnes pins. */
export const COMPONENT_TOOL = { tool: '@bytecodealliance/jco-transpile', version: '0.15.0' } as const;
