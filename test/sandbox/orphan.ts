// A host that starts a confined capsule and never stops it: `node orphan.ts COMPONENT SCRIPT`. With a script, it is busy with it.
import { readFileSync } from 'node:fs';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { options, scripts, spec } from './probe.ts';

const [component = '', script = ''] = process.argv.slice(2);
const instance = await rungFor('session').start(
  options(spec(readFileSync(component)), {
    limits: { timeoutMs: 600_000, memoryBytes: 2 ** 26, fuel: Number.MAX_SAFE_INTEGER },
  }),
);
await instance.init();
if (script) void instance.handle(scripts(script));
process.stdout.write('ready\n');
setInterval(() => {}, 60_000);
