import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import type { JournalRecord } from '../../src/store/record.ts';
import { type Survey, surveyJournal } from '../../src/store/survey.ts';
import { SimDisk } from './faults/sim-disk.ts';
import { event, frame, HEADER, RECORDS, seal } from './recording.ts';

const DIR = '/recording';
const GROUPS: readonly (readonly JournalRecord[])[] = [
  [
    { ...HEADER, capsules: [] },
    { type: 'boot', stage: 1, event: 'trust', detail: {} },
  ],
  [frame(0, { ingress: [event(0), event(1)] })],
  [frame(1, { ingress: [event(2)] }), { type: 'boot', stage: 6, event: 'suspend', detail: {} }],
  [frame(2, {})],
  [frame(3, { ingress: [event(3)], published: [event(4)] })],
  [seal(4, 5)],
];

/** A journal in memory, a group an append, and where each of its records lies. */
function written(groups = GROUPS, segmentBytes = 700) {
  const disk = new SimDisk();
  const journal = createJournal(DIR, { disk, segmentBytes });
  for (const group of groups) journal.append(group);
  journal.close();
  const places = [...readJournal(DIR, disk)].map(({ segment, offset }) => ({ segment, offset }));
  return { disk, places };
}

function survey(disk: SimDisk): Survey & { records: JournalRecord[] } {
  const records: JournalRecord[] = [];
  return { ...surveyJournal(DIR, ({ record }) => records.push(record), disk), records };
}

const text = (value: unknown): string => canonicalJson(value as JsonValue);
const ALL = GROUPS.flat();
/** Number of each record's group. */
const GROUP_OF = GROUPS.flatMap((group, index) => group.map(() => index));

describe('every single changed bit', () => {
  it('is found, placed and told with the events it may touch; what stands before it is proven', () => {
    const { disk, places } = written();
    expect(survey(disk)).toMatchObject({ findings: [], provable: { sealed: true, frames: 4, events: 5 } });
    const segments = disk.files();
    expect(segments.length).toBeGreaterThan(1);
    let flips = 0;
    for (const segment of segments) {
      const bytes = disk.bytes(segment);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const spoilt = Buffer.from(bytes);
        spoilt[bit >> 3]! ^= 1 << (bit & 7);
        disk.spoil(segment, spoilt);
        const problem = wrongAbout(survey(disk), segment, bit >> 3, places);
        if (problem !== undefined) throw new Error(`bit ${bit} of ${segment}: ${problem}`);
        flips += 1;
      }
      disk.spoil(segment, bytes);
    }
    expect(flips).toBeGreaterThan(15_000);
  }, 60_000);
});

/** What a survey got wrong about one changed byte. */
function wrongAbout(
  { findings, provable, records }: ReturnType<typeof survey>,
  segment: string,
  byte: number,
  places: readonly { segment: string; offset: number }[],
): string | undefined {
  const hit = places.findLastIndex(place => place.segment === segment && place.offset <= byte);
  const first = places.findIndex(place => place.segment === segment);
  const record = hit < 0 ? first : hit;
  const [finding, ...more] = findings;
  if (!finding || more.length > 0) return `${findings.length} findings`;
  if (text(records) !== text(ALL.slice(0, record))) return `${records.length} records are proven`;
  if (provable.records !== record || provable.sealed) return 'the count of what is proven';
  if (finding.segment !== segment || finding.offset > byte || finding.end <= byte)
    return `placed at ${finding.segment} ${finding.offset} to ${finding.end}`;
  const last = GROUP_OF[record] === GROUPS.length - 1;
  if (finding.acknowledged === last) return `acknowledged: ${finding.acknowledged}`;
  const touched = ALL[record]!;
  if (hit >= 0 && touched.type === 'frame') {
    const events = [...touched.ingress, ...touched.published];
    if (text(finding.frames) !== text([touched.frame, touched.frame])) return `frames ${finding.frames}`;
    const range = events.length === 0 ? undefined : [events[0]!.seq, events.at(-1)!.seq];
    if (text(finding.events ?? null) !== text(range ?? null)) return `events ${finding.events}`;
  }
  return undefined;
}

describe('every truncation', () => {
  it('leaves a proven prefix and never a seal; only at the end of a group it leaves no damage', () => {
    const { disk, places } = written(GROUPS, 1e6);
    const [segment] = disk.files() as [string];
    const bytes = disk.bytes(segment);
    const ends = new Set(
      places.map(({ offset }) => offset).filter((_, index) => GROUP_OF[index] !== GROUP_OF[index - 1]),
    );
    for (let size = bytes.length - 1; size > 0; size -= 1) {
      disk.spoil(segment, bytes.subarray(0, size));
      const { records, findings, provable } = survey(disk);
      expect(records).toEqual(ALL.slice(0, records.length));
      expect(provable.sealed).toBe(false);
      expect([size, findings.length]).toEqual([size, ends.has(size) && size > 48 ? 0 : 1]);
      expect(findings.every(({ acknowledged }) => !acknowledged)).toBe(true);
    }
  });
});

describe('several damages', () => {
  it('are all named, each with what lies in it', () => {
    const { disk, places } = written(GROUPS, 1e6);
    const [segment] = disk.files() as [string];
    const bytes = disk.bytes(segment);
    for (const record of [2, 6]) bytes[places[record]!.offset + 60]! ^= 1;
    const { findings, provable } = survey(disk);
    expect(provable).toMatchObject({ records: 2, frames: 0, events: 0 });
    expect(findings).toMatchObject([
      { record: 2, frames: [0, 0], events: [0, 1], offset: places[2]!.offset, end: places[3]!.offset },
      { frames: [3, 3], events: [3, 4], offset: places[6]!.offset, end: places[7]!.offset },
    ]);
    expect(findings.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
  });

  it('a length that is wrong does not hide what follows', () => {
    const { disk, places } = written(GROUPS, 1e6);
    const [segment] = disk.files() as [string];
    disk.bytes(segment).writeUInt32BE(0xc0000007, places[3]!.offset);
    expect(survey(disk).findings).toMatchObject([{ offset: places[3]!.offset, end: places[4]!.offset }]);
  });

  it('a segment that is missing proves that more had been acknowledged', () => {
    const { disk } = written(GROUPS, 300);
    const [, second] = disk.files();
    disk.remove(second!);
    const { findings, provable } = survey(disk);
    expect(provable.records).toBeGreaterThan(0);
    expect(findings[0]).toMatchObject({ segment: second, acknowledged: true });
  });

  it('in the header of a segment are acknowledged with its first group, not before', () => {
    for (const [groups, acknowledged] of [
      [2, false],
      [3, true],
    ] as const) {
      const { disk } = written(GROUPS.slice(0, groups), groups === 2 ? 1 : 1e6);
      const last = disk.files().at(-1)!;
      disk.bytes(last)[3]! ^= 1;
      expect(survey(disk).findings).toMatchObject([{ offset: 0, acknowledged }]);
    }
  });

  it('bytes after the seal are damage, not a torn end', () => {
    const { disk } = written();
    const last = disk.files().at(-1)!;
    disk.spoil(last, Buffer.concat([disk.bytes(last), Buffer.alloc(64)]));
    const { findings, provable } = survey(disk);
    expect(provable.sealed).toBe(true);
    expect(findings).toMatchObject([{ acknowledged: true }]);
  });

  it('a record whose frame is sound but which is none is damage', () => {
    const { disk } = written([...RECORDS.map(record => [record])]);
    expect(survey(disk).findings).toEqual([]);
    const bad = written(GROUPS.slice(0, 2));
    const file = bad.disk.files().at(-1)!;
    const sealed = written([GROUPS[0]!]);
    const stray = sealed.disk.bytes(sealed.disk.files()[0]!).subarray(48);
    bad.disk.spoil(file, Buffer.concat([bad.disk.bytes(file), stray]));
    expect(survey(bad.disk).findings[0]).toMatchObject({ acknowledged: true });
  });
});
