import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Remedy } from '../../src/trust/remedy/model.ts';
import { makeOriginals } from '../gate/mutants/originals.ts';
import { NOW, Workshop } from './workshop.ts';

const SEED = 'vnes';
const scratch = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vnes-change-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const originals = makeOriginals(SEED);
/** Pathspecs and shells read something else in it. */
const NAME = "we ird'[x]*";

interface Report {
  readonly ok: boolean;
  readonly remedies: readonly Remedy[];
}

/** A repository with a trust file and a capsule by each of two names. */
function repository(): Workshop {
  const shop = Workshop.of(originals.subjects[0]!, scratch).hold(SEED, 'ada', 'bob');
  cpSync(shop.at('trust.json'), shop.at('vnes.trust.json'));
  mkdirSync(shop.at('more'));
  renameSync(shop.at('capsule'), shop.at('more', NAME));
  return shop.commit();
}

async function report(shop: Workshop, source: readonly string[]): Promise<Report> {
  const { data, exit } = await shop.run(['verify', ...source, '--now', NOW]);
  const { verdicts, remedy } = data as unknown as {
    readonly verdicts: readonly { readonly remedy?: Remedy }[];
    readonly remedy?: Remedy;
  };
  const all = [...verdicts.map(each => each.remedy), remedy].filter(each => each !== undefined);
  return { ok: exit === 'ok', remedies: all };
}

const CASES: readonly (readonly [string, (at: Workshop['at'], shop: Workshop) => void, readonly string[]])[] =
  [
    ['takes the receipt away', at => rmSync(at('receipt.stunir.json')), ['restore']],
    ['takes the manifest away', at => rmSync(at('manifest.json')), ['restore']],
    [
      'takes the receipt away and edits a file',
      at => {
        rmSync(at('receipt.stunir.json'));
        appendFileSync(at('README.md'), 'more');
      },
      ['sign', 'edit'],
    ],
    [
      'swaps a file for a link',
      at => {
        rmSync(at('README.md'));
        symlinkSync('/etc/passwd', at('README.md'));
      },
      ['restore'],
    ],
    ['edits a file', at => appendFileSync(at('README.md'), 'more'), ['sign', 'edit']],
    ['flips a mode', at => chmodSync(at('README.md'), 0o755), ['sign', 'edit']],
    [
      'takes both documents away',
      at => {
        rmSync(at('receipt.stunir.json'));
        rmSync(at('manifest.json'));
      },
      ['restore'],
    ],
    [
      'swaps the folder for a link',
      at => {
        rmSync(at(), { recursive: true });
        symlinkSync('/etc', at());
      },
      ['restore'],
    ],
    ['edits the trust file', (_, shop) => appendFileSync(shop.at('vnes.trust.json'), '\n'), ['edit']],
    ['removes the trust file', (_, shop) => rmSync(shop.at('vnes.trust.json')), ['edit']],
    [
      'adds a trust file',
      (_, shop) => writeFileSync(shop.at('more/vnes.trust.json'), readFileSync(shop.at('vnes.trust.json'))),
      ['edit'],
    ],
    [
      'adds a policy that no root pins',
      (_, shop) => writeFileSync(shop.at('vnes.policy.json'), JSON.stringify({ version: 1, rules: [] })),
      ['edit'],
    ],
    [
      'adds what is no list of waivers',
      (_, shop) => writeFileSync(shop.at('vnes.waivers.json'), '{'),
      ['edit'],
    ],
    ['adds a link to elsewhere', (_, shop) => symlinkSync('/etc', shop.at('more/-link')), ['edit']],
  ];

describe.each(['staged', 'since'] as const)('a change that is refused with --%s', kind => {
  const source = kind === 'staged' ? ['--staged'] : ['--since', 'main'];

  test.each(CASES)('%s', async (_, change, kinds) => {
    const shop = repository();
    shop.git('branch', '-M', 'main');
    shop.git('checkout', '-q', '-b', 'topic');
    change((...names) => shop.at('more', NAME, ...names), shop);
    shop.git('add', '-A');
    if (kind === 'since') shop.git('commit', '-q', '-m', 'change');
    const { ok, remedies } = await report(shop, source);
    expect(ok).toBe(false);
    expect(remedies).toHaveLength(1);
    const { steps } = remedies[0]!;
    const undecided = steps.filter(({ commands }) => commands.length === 0);
    if (undecided.length > 0) {
      // What was published under one version takes another one: a number that somebody has to choose.
      expect({ kind, why: undecided.map(({ why }) => why) }).toEqual({ kind: 'since', why: [['VNES2411']] });
      const manifest = shop.at('more', NAME, 'manifest.json');
      writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('1.2.3', '1.2.4'));
      expect(
        await passes(
          shop,
          steps.flatMap(({ commands }) => commands),
          source,
        ),
      ).toBe(true);
      return;
    }
    expect(steps.map(each => each.kind)).toEqual(kind === 'since' ? [...kinds, 'edit'] : kinds);
    expect(
      await passes(
        shop,
        steps.flatMap(({ commands }) => commands),
        source,
      ),
    ).toBe(true);
    for (const left of steps) {
      const others = steps.filter(each => each !== left).flatMap(({ commands }) => commands);
      expect([left.commands, await passes(shop, others, source)]).toEqual([left.commands, false]);
    }
  });
});

/** Whether the change passes after these commands. */
async function passes(
  broken: Workshop,
  commands: readonly string[],
  source: readonly string[],
): Promise<boolean> {
  const shop = broken.copy();
  for (const command of commands) {
    try {
      await shop.type(command);
    } catch {
      // A command that is refused does nothing; the verdict tells.
    }
  }
  return (await report(shop, source)).ok;
}

test('a branch that left before the trust changed is told to take it in', async () => {
  const shop = repository();
  shop.git('branch', '-M', 'main');
  shop.git('checkout', '-q', '-b', 'topic');
  writeFileSync(shop.at('notes'), 'x');
  shop.git('add', '-A');
  shop.git('commit', '-q', '-m', 'topic');
  shop.git('checkout', '-q', 'main');
  appendFileSync(shop.at('vnes.trust.json'), '\n');
  shop.git('commit', '-q', '-a', '-m', 'trust');
  shop.git('checkout', '-q', 'topic');
  const { ok, remedies } = await report(shop, ['--since', 'main']);
  expect({ ok, kinds: remedies[0]?.steps.map(({ why }) => why) }).toEqual({
    ok: false,
    kinds: [['VNES2406']],
  });
  expect(await passes(shop, remedies[0]!.steps[0]!.commands, ['--since', 'main'])).toBe(true);
});
