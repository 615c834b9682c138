import { Malformed, Reader, sectionsOf } from './reader.ts';

const IMPORTS = 10;
const EXPORTS = 11;
/** Far more than any component has; a hostile one gets no memory for its list. */
const MOST_ITEMS = 100_000;
const KINDS = ['core module', 'function', 'value', 'type', 'component', 'instance'] as const;

export interface Named {
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  /** A type that only repeats a known one; it gives the component nothing. */
  readonly alias: boolean;
}

/**
 * What a component asks for and offers, read from its own bytes (Component Model, Binary.md, import and export definitions).
 * Only the outermost component counts: inner ones are given what the outer one chooses. @throws Malformed
 */
export function interfaceOf(bytes: Uint8Array): { readonly imports: Named[]; readonly exports: Named[] } {
  const found: { imports: Named[]; exports: Named[] } = { imports: [], exports: [] };
  for (const section of sectionsOf(bytes)) {
    const reader = new Reader(bytes, section.body, section.end);
    if (section.id === IMPORTS) found.imports.push(...items(reader, readImport));
    if (section.id === EXPORTS) found.exports.push(...items(reader, readExport));
  }
  return found;
}

function items(reader: Reader, read: (reader: Reader) => Named): Named[] {
  const length = reader.u32();
  if (length > MOST_ITEMS) throw new Malformed(`${length} imports or exports in one section`);
  const found = Array.from({ length }, () => read(reader));
  if (reader.at !== reader.end)
    throw new Malformed(`a section goes on after its last item at offset ${reader.at}`);
  return found;
}

function readImport(reader: Reader): Named {
  const name = externName(reader);
  return { name, ...externType(reader) };
}

function readExport(reader: Reader): Named {
  const name = externName(reader);
  const kind = reader.byte();
  if (kind === 0) reader.byte();
  reader.u32();
  if (reader.byte() === 1) externType(reader);
  return { name, kind: kindOf(kind), alias: false };
}

function externName(reader: Reader): string {
  const form = reader.byte();
  if (form > 1) throw new Malformed(`a name of an unknown form ${form} at offset ${reader.at}`);
  return reader.name();
}

function externType(reader: Reader): { kind: Named['kind']; alias: boolean } {
  const kind = kindOf(reader.byte());
  if (kind === 'core module') reader.byte();
  const alias = kind === 'type' && reader.byte() === 0;
  if (kind === 'value') throw new Malformed(`values cannot be imported, offset ${reader.at}`);
  if (kind !== 'type' || alias) reader.u32();
  return { kind, alias };
}

function kindOf(byte: number): Named['kind'] {
  const kind = KINDS[byte];
  if (!kind) throw new Malformed(`an unknown kind of item ${byte}`);
  return kind;
}
