import type { Reader } from '../../capsule/wasm/reader.ts';
import { BULK, type Layout, OP, PLAIN, type Row, SIMD } from './opcodes.ts';
import { Refused } from './refusal.ts';

interface Table {
  readonly layouts: readonly Layout[];
  readonly growths: readonly number[];
}

const NO_PREFIX = 0;
const TABLES: readonly (Table | undefined)[] = tablesByPrefix();
/** Set in the alignment of an access to a memory other than the first. */
const OTHER_MEMORY = 0x40;

/** Reads one instruction after the other. The fields describe the last one that was read. */
export class Decoder {
  readonly reader: Reader;
  /** 0, or the byte before the opcode proper. */
  prefix = NO_PREFIX;
  opcode = 0;
  layout: Layout = '';
  /** By how much the operand stack grows, without what calls and blocks take and give. */
  growth = 0;
  /** Where the instruction begins. */
  start = 0;
  /** The first immediate, where it is an index, a label or a block type; of several labels the outermost. */
  index = 0;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  /** @throws Refused when the instruction is none that is metered; Malformed */
  next(): void {
    const { reader } = this;
    this.start = reader.at;
    const first = reader.byte();
    const prefixed = first === OP.bulk || first === OP.simd;
    this.prefix = prefixed ? first : NO_PREFIX;
    this.opcode = prefixed ? reader.u32() : first;
    const table = TABLES[this.prefix]!;
    this.layout = table.layouts[this.opcode] ?? '-';
    this.growth = table.growths[this.opcode] ?? 0;
    READ[this.layout](this);
  }

  /** What the opcode is called in messages. */
  get shown(): string {
    const hex = (value: number) => value.toString(16).padStart(2, '0');
    return this.prefix === NO_PREFIX ? hex(this.opcode) : `${hex(this.prefix)} ${hex(this.opcode)}`;
  }
}

const READ: Readonly<Record<Layout, (decoder: Decoder) => void>> = {
  '-': decoder => {
    throw new Refused(`the instruction ${decoder.shown}`, decoder.start);
  },
  '': () => {},
  end: () => {},
  u: index,
  v: index,
  g: index,
  br: index,
  call: index,
  uu: indices,
  indirect: indices,
  m: access,
  ml: decoder => {
    access(decoder);
    decoder.reader.byte();
  },
  l: decoder => void decoder.reader.byte(),
  s: decoder => skipInteger(decoder.reader),
  S: decoder => skipInteger(decoder.reader),
  4: decoder => void decoder.reader.slice(4),
  8: decoder => void decoder.reader.slice(8),
  16: decoder => void decoder.reader.slice(16),
  t: decoder => void decoder.reader.slice(decoder.reader.u32()),
  h: decoder => heapType(decoder),
  b: decoder => blockType(decoder),
  table: decoder => {
    const { reader } = decoder;
    decoder.index = 0;
    for (let more = reader.u32(); more >= 0; more -= 1) {
      decoder.index = Math.max(decoder.index, reader.u32());
    }
  },
};

function index(decoder: Decoder): void {
  decoder.index = decoder.reader.u32();
}

function indices(decoder: Decoder): void {
  decoder.index = decoder.reader.u32();
  decoder.reader.u32();
}

function access(decoder: Decoder): void {
  const align = decoder.reader.u32();
  if (align >= OTHER_MEMORY) throw new Refused('an access to a second memory', decoder.start);
  decoder.reader.u32();
}

function skipInteger(reader: Reader): void {
  while (reader.byte() > 127);
}

/** -1 for no result, -2 for one result, otherwise the index of a function type. */
function blockType(decoder: Decoder): void {
  const { reader } = decoder;
  const at = reader.at;
  const first = reader.byte();
  if (first === EMPTY) decoder.index = -1;
  else if (isValueType(first)) decoder.index = -2;
  else if ((first & 0xc0) === 0x40) throw new Refused('a block of an unknown type', decoder.start);
  else {
    reader.at = at;
    decoder.index = reader.u32();
  }
}

function heapType(decoder: Decoder): void {
  if (!isReference(decoder.reader.byte())) throw new Refused('a reference of an unknown type', decoder.start);
}

const EMPTY = 0x40;
const FUNC_REF = 0x70;
const EXTERN_REF = 0x6f;

/** Numbers, vectors and the two simple references; everything else belongs to proposals that are refused. */
export function isValueType(byte: number): boolean {
  return (byte >= 0x7b && byte <= 0x7f) || isReference(byte);
}

/** A reference to a function or to something of the host's. */
export function isReference(byte: number): boolean {
  return byte === FUNC_REF || byte === EXTERN_REF;
}

function tablesByPrefix(): Table[] {
  const tables: Table[] = [];
  tables[NO_PREFIX] = tableOf(PLAIN);
  tables[OP.bulk] = tableOf(BULK);
  tables[OP.simd] = tableOf(SIMD);
  return tables;
}

function tableOf(rows: readonly Row[]): Table {
  const layouts: Layout[] = Array.from({ length: 256 }, () => '-');
  const growths = Array.from({ length: 256 }, () => 0);
  for (const [from, to, layout, growth] of rows) {
    layouts.fill(layout, from, to + 1);
    growths.fill(growth, from, to + 1);
  }
  return { layouts, growths };
}
