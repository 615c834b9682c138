import { describe, expect, test } from 'vitest';
import { checkIn, codesIn, policyOf, rule, thrownBy, trustIn, verdictOf } from './governed.ts';

const manifest = {
  tags: ['weather'],
  governance: { tier: 'core', audit_level: 'standard', owner: 'platform', custom: { stage: 2 } },
  lineage: { derived_from: 'user.eve.counter@1.0.0' },
};

/** What a rule makes of the capsule by this expression alone: true, or the code of its diagnostic. */
async function asked(expression: string, signers: readonly ('ada' | 'bob' | 'cyd')[] = ['ada']) {
  const verdict = await verdictOf({ policy: policyOf(rule({ expression })) }, { manifest, signers });
  return verdict.admitted || codesIn(verdict).join();
}

/** Why an expression is refused. */
async function refusal(expression: string) {
  const policy = policyOf(rule({ expression }));
  expect(await thrownBy(() => trustIn({ policy }))).toEqual(['VNES3005']);
  return trustIn({ policy }).catch(error => error.diagnostics[0]);
}

describe('an expression', () => {
  test.each([
    'capsule.id == "user.ada.counter" && capsule.namespace == "user.ada"',
    'capsule.version.startsWith("1.") && capsule.type == "logic"',
    'capsule.tier == "core" && capsule.audit_level in ["standard", "critical"]',
    'capsule.determinism == "D0_bit_exact" && capsule.zone == "ephemeral"',
    'capsule.owner == "platform" && capsule.language == "" && !capsule.gpu',
    'size(capsule.provides) == 1 && capsule.requires == []',
    'capsule.tags.exists(tag, tag == "weather")',
    'capsule.derived_from.all(name, name.startsWith("user."))',
    'signers.exists_one(s, s.name == "ada" && "build" in s.roles && "review" in s.roles)',
    'files.all(f, f.size < 1000 && f.mode == "100644" && !f.path.endsWith(".exe"))',
    'files.filter(f, f.path.startsWith("impl/")).size() == 2',
    'files.map(f, f.path).exists(p, p.matches("^impl/.*[.]bin$"))',
    'receipt.toolchain.size() == 0 && receipt.transformations == []',
    'manifest.governance.custom.stage == 2.0 && has(manifest.lineage)',
    '!has(manifest.security) || manifest.security.trust_zone != "system"',
    'capsule.id.matches("^(([a-z])+.)+counter$")',
  ])('sees the capsule: %s', async expression => {
    expect(await asked(expression)).toBe(true);
    expect(await asked(`!(${expression})`)).toBe('VNES3007');
  });

  test('sees who signed', async () => {
    const expression = 'signers.filter(s, "review" in s.roles).size() >= 2';
    expect(await asked(expression, ['ada', 'cyd'])).toBe(true);
    expect(await asked(expression, ['ada'])).toBe('VNES3007');
  });

  test.each([
    ['a field that is not there', 'manifest.runtime.language == "x"'],
    ['an index beyond the end', 'capsule.requires[3] == "x"'],
    ['a number of another kind', 'manifest.governance.tier + 1 == 2'],
    ['a division by zero', '1 / size(capsule.requires) == 1'],
    ['what is neither true nor false', 'manifest.governance.custom.stage'],
    ['a broken pattern', 'capsule.id.matches(manifest.description + "(")'],
  ])('that comes to %s is not met', async (_, expression) => {
    expect(await asked(expression)).toBe('VNES3008');
  });

  test('that fails keeps to the level of its rule', async () => {
    const scopes = [{ namespace: '*', level: 'audit' }];
    const verdict = await verdictOf({ policy: policyOf(rule({ scopes, expression: 'manifest.x == 1' })) });
    expect(verdict.grade).toBe('admitted');
    expect(checkIn(verdict, 'policy/rule').diagnostics).toMatchObject([
      { code: 'VNES3008', severity: 'note' },
    ]);
  });

  test.each<[string, string, string, number]>([
    ['is none', 'capsule.id ==', 'it cannot be read', 12],
    ['goes on after its end', 'true false', 'it cannot be read', 6],
    ['uses an unknown variable', 'true || capsul.id == "x"', 'there is no variable capsul', 9],
    ['uses an unknown field', 'has(capsule.ownr) || true', 'there is no field ownr', 1],
    ['uses a field of a list', 'files.size == 1', 'there is no field size', 6],
    ['uses an unknown function', 'capsule.id.lowerAscii() == "x"', 'there is no function lowerAscii', 11],
    [
      'asks for the time',
      'timestamp("2026-01-01T00:00:00Z") < timestamp("2027-01-01T00:00:00Z")',
      'there is no function timestamp',
      1,
    ],
    ['makes an object', 'google.protobuf.Struct{} == {}', 'it makes an object', 1],
    ['confuses types', 'capsule.id + 1 == "x"', 'it confuses types', 12],
    ['is a text', 'capsule.id', 'it is neither true nor false', 1],
    ['has a broken pattern', 'capsule.id.matches("(")', 'it confuses types', 11],
    ['reaches for what tests turns', 'vnes_turn(true)', 'there is no function vnes_turn', 1],
    [
      'loops four levels deep',
      'files.all(a, files.all(b, files.all(c, files.all(d, true))))',
      'loops are nested too deeply',
      45,
    ],
  ])('that %s is refused when it is read', async (_, expression, message, column) => {
    const told = await refusal(expression);
    expect(told.message).toBe(`the expression of the rule rule is refused: ${message}`);
    expect(told.help).toMatch(new RegExp(`^at column ${column} of the expression:\n`));
    expect(told.place.pointer).toBe('/rules/0/expression');
  });

  test.each([
    ['brackets', `${'('.repeat(900)}true${')'.repeat(900)}`],
    ['negations', `${'!(!'.repeat(450)}true${')'.repeat(450)}`],
    ['fields', `manifest${'.a'.repeat(900)} == 1`],
    ['sums', `1${' + 1'.repeat(450)} == 1`],
  ])('with too many %s within each other is refused', async (_, expression) => {
    await refusal(expression);
  });

  test('that is too long is refused', async () => {
    const policy = policyOf(rule({ expression: `true || ${'"x" == "y" || '.repeat(200)}true` }));
    expect(await thrownBy(() => trustIn({ policy }))).toEqual(['VNES1011']);
  });

  test.each([
    'files.all(a, files.all(b, files.all(c, true)))',
    'files.all(a, files.all(b, files.exists(c, c == a) || files.exists(d, d == b) || true) || true) || true',
    'files.map(a, files.map(b, a.path + b.path).size()).size() > 0 && files.all(c, files.map(d, files).size() > 0)',
  ])('ends whatever is in the capsule: %s', async expression => {
    const many = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`spec/${index}`, 'x']));
    const verdict = await verdictOf({ policy: policyOf(rule({ expression })) }, { files: many });
    expect(checkIn(verdict, 'policy/rule').diagnostics).toMatchObject([
      { code: 'VNES3008', found: 'more work than an expression may take' },
    ]);
  });

  test('comes to the same each time it is asked', async () => {
    const trust = await trustIn({ policy: policyOf(rule({ expression: 'size(files) == 5' })) });
    const verdicts = await Promise.all([0, 1, 2].map(() => verdictOf(trust)));
    expect(verdicts.map(({ admitted }) => admitted)).toEqual([true, true, true]);
  });
});
