/**
 * Fuel for what the host does on a guest's behalf, so that work cannot be moved to where nobody counts. It follows from the call
 * alone, not from what the host happens to have at hand, and is about what the slowest case costs in the guest's own instructions.
 */
const CALL = 10_000;
/** A read may have to ask the other side of the sandbox. */
const READ = 50_000;
/** For each UTF-16 code unit or byte that is handed over in either direction: it is parsed, checked and copied. */
const UNIT = 50;

const READS: readonly string[] = ['vnes:capsule/state get', 'vnes:capsule/state scan'];

/** What it takes to hold a document to a schema. */
export function checkPrice(document: string): number {
  return UNIT * document.length;
}

type Functions = Readonly<Record<string, unknown>>;

/** The same functions, each of which takes fuel through `spend`. The guest notices at its own next check. */
export function priced(
  imports: Readonly<Record<string, Functions>>,
  spend: (units: number) => void,
): Record<string, Functions> {
  const interfaces = Object.entries(imports).map(([name, functions]) => {
    const counted = Object.entries(functions).map(([method, code]) => {
      const price = READS.includes(`${name} ${method}`) ? READ : CALL;
      return [method, takingFuel(code as HostFunction, price, spend)] as const;
    });
    return [name, Object.fromEntries(counted)] as const;
  });
  return Object.fromEntries(interfaces);
}

type HostFunction = (...args: readonly unknown[]) => unknown;

function takingFuel(code: HostFunction, price: number, spend: (units: number) => void): HostFunction {
  return (...args) => {
    spend(price + UNIT * sizeOf(args));
    const answer = code(...args);
    const size = sizeOf(answer);
    if (size > 0) spend(UNIT * size);
    return answer;
  };
}

/** Code units of all texts in a value, and bytes of byte arrays. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + sizeOf(item), 0);
}
