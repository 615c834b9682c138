import type { JsonValue } from '../../base/json.ts';
import { groundsOf, releasedBy } from '../../kernel/quarantine/grounds.ts';
import type { CapsuleRecord, Entry } from '../../kernel/quarantine/model.ts';
import { plain } from '../../trust/proof.ts';
import type { Details } from './details.ts';

/** A record as `--json` lists it. */
export function recordData({ now, lastAdmitted, entries }: CapsuleRecord): Readonly<Record<string, unknown>> {
  const { folder, name, gate, at, since, verdict } = now;
  return {
    folder,
    name,
    id: verdict.id ?? null,
    version: verdict.version ?? null,
    tree: verdict.tree,
    grade: verdict.grade,
    gate,
    at,
    since,
    because: groundsOf(verdict),
    releasedBy: releasedBy(verdict),
    lastAdmitted: lastAdmitted ? outline(lastAdmitted) : null,
    entries: entries.length,
  };
}

/** All about one record. `difference` is null when nothing was admitted before, `remedy` when nothing is known to help. */
export function detailData(record: CapsuleRecord, { difference, remedy }: Details): JsonValue {
  const { now, entries, lastAdmitted } = record;
  return plain({
    ...recordData(record),
    lastAdmitted: lastAdmitted ? { ...outline(lastAdmitted), content: lastAdmitted.content } : null,
    verdict: now.verdict,
    content: now.content,
    difference: difference ?? null,
    remedy: remedy ?? null,
    history: entries.map(outline),
  });
}

function outline({ name, gate, at, since, verdict }: Entry) {
  const because = groundsOf(verdict).map(({ rule }) => rule);
  return { name, tree: verdict.tree, grade: verdict.grade, gate, at, since, because };
}
