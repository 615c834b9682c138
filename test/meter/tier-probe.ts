// Runs metered modules and prints what they did: `node [flags] tier-probe.ts ROUNDS FILE...`. Started by tiers.test.ts.
import { readFileSync } from 'node:fs';

const fuel = new WebAssembly.Global({ value: 'i64', mutable: true }, 0n);
const stack = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
const [rounds, ...files] = process.argv.slice(2);

for (const file of files) {
  const module = new WebAssembly.Module(readFileSync(file));
  const { exports } = new WebAssembly.Instance(module, { 'vnes:meter': { fuel, stack } });
  for (const [name, code] of Object.entries(exports)) {
    if (typeof code !== 'function') continue;
    const first = run(name, () => code());
    for (let round = 1; round < Number(rounds); round += 1) {
      const again = run(name, () => code());
      if (again !== first) throw new Error(`${file}, round ${round}: ${again}, before: ${first}`);
    }
    process.stdout.write(`${first}\n`);
  }
}

/** What a call gave or how it ended, and what was left. */
function run(name: string, call: () => unknown): string {
  fuel.value = 150_000_000n;
  stack.value = 2 ** 21;
  let end: unknown;
  try {
    end = call();
  } catch (error) {
    end = error instanceof Error ? `${error.constructor.name} ${error.message}` : error;
  }
  return `${name} ${end} fuel ${fuel.value} stack ${stack.value}`;
}
