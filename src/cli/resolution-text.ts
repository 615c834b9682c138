import { capsuleName } from '../capsule/manifest.ts';
import type { Because } from '../registry/explain.ts';
import type { Pool } from '../registry/pool.ts';
import type { Choice, Resolution } from '../registry/resolve.ts';
import type { Paint } from './command.ts';

export interface ResolutionView {
  readonly answer: Resolution;
  readonly pool: Pool;
  readonly lockFile: string;
  readonly written: boolean;
  /** Whether to list what was not chosen. */
  readonly explain: boolean;
}

/** A resolution as text: a tree from what was asked for down, each capsule's own requirements once, then the outcome. */
export function resolutionText(view: ResolutionView, paint: Paint): string {
  const { answer, pool, lockFile, written } = view;
  const drawn = new Set<string>();
  const count = answer.chosen.length;
  return [
    ...wantedBy(null, answer).flatMap(edge => branch(edge, view, paint, drawn, '')),
    ...pool.excluded.map(({ folder }) => `${paint.bad('excluded')} ${folder}: it does not verify`),
    `${count} ${count === 1 ? 'capsule' : 'capsules'}; ${written ? `wrote ${lockFile}` : `${lockFile} is left as it was`}`,
  ].join('\n');
}

interface Edge {
  readonly choice: Choice;
  readonly because: Because;
}

function branch(
  edge: Edge,
  view: ResolutionView,
  paint: Paint,
  drawn: Set<string>,
  indent: string,
): string[] {
  const { choice, because } = edge;
  const name = capsuleName(choice);
  const again = drawn.has(name);
  drawn.add(name);
  const below = again ? [] : wantedBy(name, view.answer);
  return [
    `${indent}${paint.bold(name)} ${paint.dim(`for ${because.requires}${again && wantedBy(name, view.answer).length > 0 ? ', as above' : ''}`)}`,
    ...(view.explain
      ? because.others.map(other => `${indent}  ${paint.dim(`not ${other.capsule}: ${other.reason}`)}`)
      : []),
    ...below.flatMap(next => branch(next, view, paint, drawn, `${indent}  `)),
  ];
}

/** What a capsule requires (null: the request), with the capsules chosen for it. */
function wantedBy(name: string | null, { chosen }: Resolution): readonly Edge[] {
  return chosen.flatMap(choice =>
    choice.because.filter(({ by }) => by === name).map(because => ({ choice, because })),
  );
}
