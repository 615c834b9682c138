import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { inputHash } from '../../src/capsule/tree.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import type { Remedy } from '../../src/trust/remedy/model.ts';
import { remedyOf } from '../../src/trust/remedy/remedy.ts';
import { rootKeys } from '../../src/trust/root/keys.ts';
import type { RootDocument } from '../../src/trust/root/model.ts';
import { signCapsule } from '../../src/trust/sign.ts';
import type { TrustStore } from '../../src/trust/store.ts';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { runCli } from '../cli/run.ts';
import { MANIFEST, makeCapsule, portsIn, trusting } from '../trust/capsules.ts';
import { begun, KEYS, load, type Name, rootOf, signed } from '../trust/roots.ts';
import { signedShop } from './capsule.ts';

/** A capsule signed by these. */
async function capsule(
  names: readonly Name[],
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = makeCapsule(files);
  for (const [index, name] of names.entries())
    await signCapsule(folder, 'counter', KEYS[name], portsIn(folder), { add: index > 0 });
  return folder;
}

function under(document: RootDocument): TrustStore {
  const root = load(document);
  return { files: ['root.json'], root, problems: root.problems, keys: rootKeys(document.signed) };
}

/** What there is to do about a folder, with the keys of these at hand. */
function remedy(folder: string, trust: TrustStore, hand: readonly Name[] = []): Remedy | undefined {
  const keys = new Map(hand.map(name => [KEYS[name].public.base64, `my-${name}`]));
  const walk = walkCapsule(folder, { shownAs: 'counter' });
  return remedyOf(verifyCapsule(folder, 'counter', trust).verdict, { trust, walk, keys });
}

const commandsOf = (found: Remedy | undefined) => found?.steps.flatMap(({ commands }) => commands);

describe('remedyOf', () => {
  test('is nothing for an admitted capsule', async () => {
    const folder = await capsule(['ada']);
    expect(remedy(folder, trusting(['user.*'], KEYS.ada))).toBeUndefined();
  });

  test('two builders that are missing add two signatures, those at hand first, by the names of their keys', async () => {
    const folder = await capsule(['ada']);
    const root = rootOf(['ada', 'bob', 'cyd', 'dan'], 3);
    const trust = under(begun(signed(root, KEYS.ada, KEYS.bob, KEYS.cyd)));
    expect(commandsOf(remedy(folder, trust, ['dan']))).toEqual([
      'vnes sign --add --key my-dan counter',
      'vnes sign --add --key bob counter',
    ]);
    expect(remedy(folder, trust, ['dan'])!.steps.map(({ needs }) => needs)).toEqual([
      'the key of dan',
      'the key of bob, which is none of yours',
    ]);
  });

  test('edits and several failures take one receipt: nobody signs twice', async () => {
    const folder = await capsule(['ada']);
    writeFileSync(path.join(folder, 'README.md'), 'other');
    writeFileSync(path.join(folder, 'more'), '');
    const root = rootOf(['ada', 'bob'], 2);
    const { steps } = remedy(folder, under(begun(signed(root, KEYS.ada, KEYS.bob))), ['ada', 'bob'])!;
    expect(steps.map(({ kind, commands }) => [kind, ...commands])).toEqual([
      ['sign', 'vnes sign --key my-ada counter'],
      ['sign', 'vnes sign --add --key my-bob counter'],
    ]);
    expect(steps[0]!.why).toEqual(['VNES2004', 'VNES2005', 'VNES2065']);
  });

  test('sources that changed after the build are built, and then signed', async () => {
    const folder = makeCapsule();
    const { files } = walkCapsule(folder, { shownAs: 'counter' });
    const notes = { input_hash: inputHash(files), toolchain: [], transformations: [] };
    writeFileSync(path.join(folder, 'impl/build.json'), JSON.stringify(notes));
    await signCapsule(folder, 'counter', KEYS.ada, portsIn(folder));
    writeFileSync(path.join(folder, 'impl/src/main.ts'), 'export const two = 2;\n');
    const trust = trusting(['user.*'], KEYS.ada);
    expect(commandsOf(remedy(folder, trust, ['ada']))).toEqual([
      'vnes build counter',
      'vnes sign --key my-ada counter',
    ]);
  });

  test('a component that is gone is built where there are sources, and otherwise somebody has to bring it', async () => {
    const missing = async (runtime: object) => {
      const document = { ...MANIFEST, interfaces: { wasm: 'impl/gone.wasm' }, ...runtime };
      const folder = await capsule(['ada'], {
        'impl/gone.wasm': 'x',
        'manifest.json': JSON.stringify(document),
      });
      rmSync(path.join(folder, 'impl/gone.wasm'));
      const { steps } = remedy(folder, trusting(['user.*'], KEYS.ada), ['ada'])!;
      return steps.map(({ kind, commands }) => [kind, ...commands].join(': '));
    };
    const sign = 'sign: vnes sign --key my-ada counter';
    expect(await missing({ runtime: { language: 'wasm-ts' } })).toEqual(['build: vnes build counter', sign]);
    expect(await missing({})).toEqual(['edit', sign]);
  });

  test('without any trust, a key is made for what is personal', async () => {
    const folder = await capsule(['ada']);
    const found = remedy(folder, { keys: [], files: [] });
    expect(commandsOf(found)).toEqual(['vnes keys create', 'vnes sign --key default counter']);
    expect(commandsOf(remedy(folder, { keys: [], files: ['given.json'] }))).toEqual([]);
  });

  test('a role with too few who could have it gets another principal', async () => {
    const folder = await capsule(['ada']);
    const base = rootOf(['ada', 'bob'], 1);
    const [row] = base.delegations;
    const root = { ...base, delegations: [{ ...row!, principals: ['ada'], threshold: 2 }] };
    const trust = under(begun(signed(root, KEYS.ada)));
    expect(commandsOf(remedy(folder, trust, ['ada', 'bob']))).toEqual([
      "vnes trust add bob --role build --namespace 'user.ada.*' --key my-ada",
      'vnes sign --add --key my-bob counter',
    ]);
  });

  test('what nobody can turn is said', async () => {
    const folder = await capsule(['ada']);
    const base = rootOf(['ada'], 1);
    const [row] = base.delegations;
    const root = { ...base, delegations: [{ ...row!, threshold: 2 }] };
    const { steps } = remedy(folder, under(begun(signed(root, KEYS.ada))))!;
    expect(steps).toMatchObject([{ kind: 'trust', commands: [], needs: 'root principals: ada' }]);
    expect(steps[0]!.does).toContain('decide who may sign user.ada.counter');
  });
});

test('commands are printed below each refused capsule, ready for a shell', async () => {
  const { shop, at } = await signedShop();
  const name = "-it's  $HOME";
  mkdirSync(shop.at('in'));
  renameSync(at(), shop.at('in', name));
  cpSync(shop.at('trust.json'), shop.at('in/trust file.json'));
  writeFileSync(shop.at('in', name, 'extra'), '');
  const args = ['verify', '--trust', 'trust file.json', '--', name];
  const { stdout, status } = await runCli(args, { cwd: shop.at('in') });
  const line = `vnes verify --fix --trust 'trust file.json' -- '-it'\\''s  $HOME'`;
  expect(stdout).toContain(`  to admit it:\n    ${line}\n`);
  expect(status).toBe(1);
  await shop.from(shop.at('in')).type(line);
  expect(readFileSync(shop.at('in', name, 'README.md'), 'utf8')).toContain('counter');
  expect((await runCli(args, { cwd: shop.at('in') })).status).toBe(0);
});
