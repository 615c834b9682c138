import fc from 'fast-check';

/** Types of values in generated programs. */
const TYPES = ['i32', 'i64', 'f32', 'f64'] as const;
type Type = (typeof TYPES)[number];

type Text = fc.Arbitrary<string>;
type ByType = Readonly<Record<Type, Text>>;

const ARITHMETIC: Readonly<Record<Type, readonly string[]>> = {
  i32: ['add', 'sub', 'mul', 'div_s', 'rem_u', 'and', 'xor', 'shl', 'shr_s', 'rotl'],
  i64: ['add', 'sub', 'mul', 'div_u', 'rem_s', 'or', 'xor', 'shr_u', 'rotr'],
  f32: ['add', 'sub', 'mul', 'div', 'min', 'max'],
  f64: ['add', 'sub', 'mul', 'div', 'min', 'max'],
};
const UNARY: Readonly<Record<Type, readonly string[]>> = {
  i32: ['i32.clz', 'i32.eqz', 'i32.extend8_s'],
  i64: ['i64.ctz', 'i64.popcnt'],
  f32: ['f32.neg', 'f32.sqrt', 'f32.nearest', 'f32.abs'],
  f64: ['f64.neg', 'f64.sqrt', 'f64.floor', 'f64.trunc'],
};
/** Conversions into a type; only those that show nothing of a NaN's bits. */
const CONVERSIONS: Readonly<Record<Type, readonly (readonly [name: string, from: Type])[]>> = {
  i32: [
    ['i32.wrap_i64', 'i64'],
    ['i32.trunc_sat_f64_s', 'f64'],
    ['i32.trunc_f32_s', 'f32'],
  ],
  i64: [
    ['i64.extend_i32_s', 'i32'],
    ['i64.trunc_sat_f32_u', 'f32'],
  ],
  f32: [
    ['f32.convert_i64_s', 'i64'],
    ['f32.demote_f64', 'f64'],
  ],
  f64: [
    ['f64.convert_i32_u', 'i32'],
    ['f64.promote_f32', 'f32'],
  ],
};
const CONSTANTS: ByType = {
  i32: fc.integer().map(value => `(i32.const ${value})`),
  i64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(value => `(i64.const ${value})`),
  f32: fc
    .constantFrom('0', '-0', '1.5', 'inf', 'nan', '-1e30', '0x1p-149')
    .map(value => `(f32.const ${value})`),
  f64: fc.constantFrom('0', '-0', '2.25', '-inf', 'nan', '1e300', '3').map(value => `(f64.const ${value})`),
};

/** Every function has the same shape: two locals of each type, of which one is a parameter. */
const local = (type: Type): Text => fc.constantFrom('a', 'b').map(name => `$${name}_${type}`);

function expressions(depth: number, callable: number): ByType {
  const below = depth > 0 ? expressions(depth - 1, callable) : undefined;
  const of = (type: Type): Text => {
    const leaves = [CONSTANTS[type], local(type).map(name => `(local.get ${name})`)];
    if (!below) return fc.oneof(...leaves);
    const address = below.i32.map(text => `(i32.and ${text} (i32.const 0xfff8))`);
    const inner = [
      fc
        .tuple(fc.constantFrom(...ARITHMETIC[type]), below[type], below[type])
        .map(([op, a, b]) => `(${type}.${op} ${a} ${b})`),
      fc.tuple(fc.constantFrom(...UNARY[type]), below[type]).map(([op, a]) => `(${op} ${a})`),
      fc.constantFrom(...CONVERSIONS[type]).chain(([op, from]) => below[from].map(text => `(${op} ${text})`)),
      fc.tuple(below[type], below[type], below.i32).map(parts => `(select ${parts.join(' ')})`),
      fc
        .tuple(below.i32, below[type], below[type])
        .map(([test, a, b]) => `(if (result ${type}) ${test} (then ${a}) (else ${b}))`),
      fc.tuple(local(type), below[type]).map(([name, text]) => `(local.tee ${name} ${text})`),
      ...(type.startsWith('i') ? [address.map(text => `(${type}.load ${text})`)] : []),
      ...(callable > 0
        ? [
            fc
              .tuple(fc.nat(callable - 1), below.i32, below.i64, below.f32, below.f64)
              .map(([index, ...args]) => `(${FROM_F64[type]} (call $f${index} ${args.join(' ')}))`),
          ]
        : []),
    ];
    return fc.oneof({ maxDepth: 4 }, ...leaves, ...inner);
  };
  return { i32: of('i32'), i64: of('i64'), f32: of('f32'), f64: of('f64') };
}

const FROM_F64: Readonly<Record<Type, string>> = {
  i32: 'i32.trunc_sat_f64_s',
  i64: 'i64.trunc_sat_f64_u',
  f32: 'f32.demote_f64',
  f64: 'f64.sqrt',
};

/** Statements; `loop` counts down a local of its own, so that every program ends. */
function statements(depth: number, callable: number, loops: number): Text {
  const values = expressions(2, callable);
  const set = fc
    .constantFrom(...TYPES)
    .chain(type => fc.tuple(local(type), values[type]))
    .map(([name, text]) => `(local.set ${name} ${text})`);
  const store = fc
    .tuple(values.i32, values.i64)
    .map(([at, value]) => `(i64.store (i32.and ${at} (i32.const 0xffff)) ${value})`);
  const global = values.i64.map(text => `(global.set $g (i64.add (global.get $g) ${text}))`);
  const fill = fc
    .tuple(values.i32, values.i32)
    .map(([at, value]) => `(memory.fill (i32.and ${at} (i32.const 0xff)) ${value} (i32.const 100))`);
  if (depth === 0) return fc.oneof(set, store, global, fill);
  const inner = fc
    .array(statements(depth - 1, callable, loops + 1), { maxLength: 3 })
    .map(list => list.join(' '));
  const leave = fc
    .tuple(values.i32, fc.nat(2 * depth))
    .map(([test, label]) => `(br_if ${Math.min(label, loops)} ${test})`);
  return fc.oneof(
    set,
    store,
    fc.tuple(inner, leave, inner).map(([a, out, b]) => `(block ${a} ${out} ${b})`),
    fc.tuple(values.i32, inner, inner).map(([test, a, b]) => `(if ${test} (then ${a}) (else ${b}))`),
    fc.tuple(values.i32, inner).map(([test, a]) => `(if ${test} (then ${a} (return (f64.const 7))))`),
    fc.tuple(fc.integer({ min: 1, max: 20 }), inner).map(([turns, a]) => loop(turns, a, loops)),
  );
}

function loop(turns: number, body: string, depth: number): string {
  const counter = `$n${depth}`;
  return `(local.set ${counter} (i32.const ${turns})) (block (loop (local.set ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))
    (br_if 1 (i32.lt_s (local.get ${counter}) (i32.const 0))) (block ${body}) (br 0)))`;
}

const LOCALS = `${TYPES.map(type => `(local $b_${type} ${type})`).join(' ')} (local $n0 i32) (local $n1 i32) (local $n2 i32) (local $n3 i32)`;
const PARAMS = TYPES.map(type => `(param $a_${type} ${type})`).join(' ');

function body(callable: number): Text {
  return fc
    .tuple(fc.array(statements(2, callable, 0), { minLength: 1, maxLength: 5 }), expressions(2, callable).f64)
    .map(([list, result]) => `${list.join('\n')} ${result}`);
}

/** A small program: three functions, each of which may call those before it; the last one is `run`. */
export const program: Text = fc.tuple(body(0), body(1), body(2)).map(bodies => {
  const functions = bodies.map(
    (text, index) =>
      `(func $f${index} ${index === 2 ? '(export "run")' : ''} ${PARAMS} (result f64) ${LOCALS}\n${text})`,
  );
  return `(module (memory (export "memory") 2) (global $g (export "g") (mut i64) (i64.const 0)) ${functions.join('\n')})`;
});
