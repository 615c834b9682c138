/** The kernel's machine for classic filters, as far as filters of system calls use it, after linux/filter.h. */
export function runFilter(
  program: Uint8Array,
  call: { readonly architecture: number; readonly number: number; readonly args?: readonly bigint[] },
): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number >>> 0, 0);
  data.writeUInt32LE(call.architecture >>> 0, 4);
  for (const [index, argument] of (call.args ?? []).entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, argument), 16 + index * 8);
  const code = Buffer.from(program);
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const instruction = code.readUInt16LE(at * 8);
    const operand = code.readUInt32LE(at * 8 + 4);
    const jump = (taken: boolean) => code.readUInt8(at * 8 + (taken ? 2 : 3));
    if (instruction === 0x06) return operand;
    if (instruction === 0x20) accumulator = data.readUInt32LE(operand);
    else if (instruction === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (instruction === 0x15) at += jump(accumulator === operand);
    else if (instruction === 0x35) at += jump(accumulator >= operand);
    else throw new Error(`an instruction ${instruction} that filters do not use`);
  }
}
