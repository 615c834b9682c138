import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { githubText } from '../../src/cli/render/github.ts';
import { summaryText } from '../../src/cli/render/summary.ts';
import { runCli } from '../cli/run.ts';
import { MANIFEST } from '../trust/capsules.ts';
import { gate, HOSTILE, hostileVerdict, verdictsIn } from './gate.ts';

const COMMAND = /^::(error|warning|notice) ([^\r\n]*?)::([^\r\n]*)$/;

/** What GitHub's runner reads: the properties and the message of each command. */
function annotations(text: string) {
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => {
      const [, level, properties, data] = COMMAND.exec(line)!;
      const entries = properties!.split(',').map(each => each.split('=') as [string, string]);
      return {
        level,
        properties: new Map(entries.map(([name, value]) => [name, decode(value)])),
        data: decode(data!),
      };
    });
}

function decode(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}

describe('GitHub annotations', () => {
  test('name file, code and capsule', () => {
    const { folder, trust } = gate();
    const found = annotations(githubText(verdictsIn(folder, trust), folder));
    const changed = found.find(
      ({ properties }) => properties.get('file') === 'b_changed/impl/a b, 100%.txt',
    )!;
    expect(changed.properties.get('title')).toBe('VNES2004 user.ada.b_changed@1.2.3');
    expect(changed.data).toContain('is not what was signed\nexpected: sha256:');
    const schema = found.find(({ properties }) => properties.get('file') === 'd_schema/manifest.json')!;
    expect(Number(schema.properties.get('line'))).toBeGreaterThan(0);
  });

  test('are ten at most, worst first, and each capsule before any twice', () => {
    const capsules = Array.from({ length: 6 }, (_, index) => {
      const one = hostileVerdict(`capsule${index}`);
      const [layout, files] = one.checks;
      const [error] = files!.diagnostics!;
      const diagnostics = [
        { ...error!, severity: 'warning' as const },
        error!,
        { ...error!, message: 'second' },
      ];
      return { ...one, checks: [layout!, { ...files!, diagnostics }] };
    });
    const found = annotations(githubText(capsules, '/'));
    expect(found).toHaveLength(10);
    expect(found.map(({ level }) => level)).toEqual(Array(10).fill('error'));
    expect(found.slice(0, 6).map(({ data }) => data.split('\n')[0])).toEqual(
      capsules.map((_, index) => `capsule${index}`),
    );
    expect(found[9]!.data).toMatch(/^9 more findings/);
    expect(annotations(githubText(capsules.slice(0, 3), '/'))).toHaveLength(9);
  });

  test('no text of a capsule becomes a command', () => {
    const lines = githubText([hostileVerdict(HOSTILE)], '/').split('\n');
    expect(lines).toHaveLength(2);
    const [found] = annotations(lines.join('\n'));
    expect(found!.data).toContain('\\u000d\n::error::x\n::add-mask::%0A,a:b');
    expect([...found!.properties.keys()]).toEqual(['file', 'title']);
    expect(lines[0]).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
  });
});

describe('the job summary', () => {
  test('is a table with refused capsules first', () => {
    const { folder, trust } = gate();
    const lines = summaryText(verdictsIn(folder, trust)).split('\n');
    expect(lines[0]).toBe('## vnes verify: 4 failed');
    expect(lines[2]).toBe('6 discovered = 2 verified + 4 failed');
    const rows = lines.filter(line => line.startsWith('| ') && !line.startsWith('| ---')).slice(1);
    expect(rows.map(row => row.split(' | ')[0])).toEqual([
      ...Array(4).fill('| **failed**'),
      ...Array(2).fill('| verified'),
    ]);
  });

  test('does not call nothing verified', () => {
    expect(summaryText([]).split('\n')[0]).toBe('## vnes verify: no capsules');
  });

  test('text of a capsule stays text', () => {
    const rows = summaryText([hostileVerdict(HOSTILE)]).split('\n');
    const row = rows.find(line => line.includes('**failed**'))!;
    expect(row.split('|')).toHaveLength(6);
    expect(row.replace('**failed**', '').replaceAll(/&#\d+;/g, '')).toMatch(/^[\p{L}\p{N} ,;=|-]+$/u);
  });

  test('stays below the megabyte that GitHub takes', () => {
    const many = Array.from({ length: 3000 }, () => hostileVerdict(HOSTILE.repeat(20)));
    const text = summaryText(many);
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text).toMatch(/\n\d{3,} more capsules are not shown\.\n/);
  });
});

describe('the text for people, which a CI system keeps as a log,', () => {
  test('holds no line that it would obey', async () => {
    const { folder, at, trustFile } = gate();
    const key = '\n  ::add-mask::x\n\t##[error]y\n##vso[task.x]z';
    const manifest = { ...MANIFEST, id: 'user.ada.d_schema', interfaces: { rpc: { methods: { [key]: 7 } } } };
    writeFileSync(at('d_schema/manifest.json'), JSON.stringify(manifest));
    for (const color of ['never', 'always']) {
      const args = ['verify', 'd_schema', '--trust', trustFile, '--explain', `--color=${color}`];
      const { stdout, stderr } = await runCli(args, { cwd: folder });
      const lines = `${stdout}\n${stderr}`.split(/[\r\n]/).map(line => line.trimStart());
      expect(lines.filter(line => line.includes('add-mask')).length).toBeGreaterThan(0);
      expect(lines.filter(line => /^(?:::|##)/.test(line))).toEqual([]);
    }
  });
});
