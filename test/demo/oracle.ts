import { readFileSync } from 'node:fs';

/**
 * The alerts that the demo must find, worked out a second time from the table and from nothing else. No code is shared with the
 * capsules, and where the mathematics allows it another formula is used: whole columns instead of a running state, the Minkowski
 * product and the Möbius difference instead of the distance formula of the disk.
 */
export interface OracleAlert {
  readonly number: number;
  readonly subject: string;
  readonly station: string;
  readonly path: readonly string[];
  readonly distance: number;
  readonly margin: number;
  readonly voters: readonly string[];
}

export interface OracleResult {
  readonly alerts: readonly OracleAlert[];
  /** Month to its counters. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How close the closest decision came to going the other way. */
  readonly narrowest: number;
}

interface Opinion {
  readonly voter: string;
  readonly score: number;
  readonly weight: number;
}

type Point = readonly [number, number];

const ROBUST = 'seattle.weather.detector_robust';
const HYPERBOLIC = 'seattle.weather.detector_hyperbolic';
const QUARTILE = 0.6745;
/** Days on which both detectors abstain. */
const WARMUP = 31;

/** Stations by place, and who can hand on to whom. */
const PLACES: Readonly<Record<string, Point>> = {
  duty: [0, 0],
  heat: [0.5, -0.05],
  cold: [-0.5, 0.05],
  wind: [0.05, 0.55],
  ridge: [0.35, 0.45],
  harbor: [-0.35, 0.5],
  flood: [-0.1, 0.72],
};
const LINKS = [
  'duty heat',
  'duty cold',
  'duty wind',
  'heat ridge',
  'cold harbor',
  'wind ridge',
  'wind harbor',
  'wind flood',
];

/** One day with what each detector thinks of it. */
interface JudgedDay {
  readonly day: string;
  readonly opinions: readonly Opinion[];
  readonly margin: number;
  readonly vector: Point;
}

/** The expected alerts and metrics of a weather table. The file has no quotes, so splitting it is enough here. */
export function expectedAlerts(csv: string): OracleResult {
  const days = judge(csv);
  const anomalies = days
    .filter(day => day.margin > 0)
    .map(day => ({ ...day, walk: greedyWalk(toDisk(day.vector)) }));
  const alerts = anomalies.map(({ day, margin, opinions, walk }, index) => ({
    number: index + 1,
    subject: day,
    station: walk.path.at(-1)!,
    path: walk.path,
    distance: walk.distance,
    margin,
    voters: opinions.filter(isYes).map(one => one.voter),
  }));
  const months = Map.groupBy(days, ({ day }) => day.slice(0, 7));
  const metrics = Object.fromEntries([...months].map(([month, days]) => [month, countersOf(days)]));
  const narrow = [
    ...days.slice(WARMUP).flatMap(({ margin, opinions }) => [margin, ...opinions.map(one => one.score - 1)]),
    ...anomalies.map(({ walk }) => walk.narrowest),
  ];
  return { alerts, metrics, narrowest: Math.min(...narrow.map(Math.abs)) };
}

function judge(csv: string): JudgedDay[] {
  const rows = csv
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split(','));
  const column = (index: number) => rows.map(row => Number(row[index]));
  const [rain, high, low, wind] = [column(1), column(2), column(3), column(4)];
  const vectors = rows.map(
    (_, i) => [((high[i]! + low[i]!) / 2 - 12) / 10, (wind[i]! - 3) / 2.5 + rain[i]! / 20] as const,
  );
  const [hyperbolic, robust] = [hyperbolicScores(vectors), robustScores(high)];
  return rows.map(([day], i) => {
    const opinions = [opinion(HYPERBOLIC, hyperbolic[i]!, i), opinion(ROBUST, robust[i]!, i)];
    const margin = opinions.reduce((sum, one) => sum + (isYes(one) ? one.weight : -one.weight), 0);
    return { day: day!, opinions, margin, vector: vectors[i]! };
  });
}

function isYes(opinion: Opinion): boolean {
  return opinion.score >= 1;
}

function countersOf(days: readonly JudgedDay[]): Record<string, number> {
  const cast = days.flatMap(day => day.opinions).filter(one => one.weight > 0);
  const anomalies = days.filter(day => day.margin > 0).length;
  return {
    days: days.length,
    decisions: days.length,
    anomalies,
    lapsed: 0,
    yes_votes: cast.filter(isYes).length,
    no_votes: cast.length - cast.filter(isYes).length,
    routed: anomalies,
  };
}

function opinion(voter: string, score: number, day: number): Opinion {
  if (day < WARMUP) return { voter, score: 0, weight: 0 };
  return { voter, score, weight: score >= 1 ? Math.min(1, score / 2) : 1 - score / 2 };
}

function robustScores(high: readonly number[]): number[] {
  return high.map((today, i) => {
    const before = high.slice(Math.max(0, i - 31), i);
    const centre = middle(before);
    const spread = Math.max(1, middle(before.map(value => Math.abs(value - centre))));
    return (QUARTILE * Math.abs(today - centre)) / spread / 2.5;
  });
}

/** The 16th of 31 values; only full windows count. */
function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[15] ?? 0;
}

function hyperbolicScores(vectors: readonly Point[]): number[] {
  const days = vectors.map(([x, y]) => [Math.hypot(1, x, y), x, y] as const);
  return days.map(([t, x, y], i) => {
    // The sum over all earlier days, written out; beyond 900 days back a term is below 1e-20 of the whole.
    const sum = [0, 0, 0];
    for (let j = Math.max(0, i - 900); j < i; j++) {
      for (const axis of [0, 1, 2] as const) sum[axis]! += days[j]![axis] * 0.95 ** (i - 1 - j);
    }
    const [st, sx, sy] = sum as [number, number, number];
    const cosh = (st * t - sx * x - sy * y) / Math.sqrt(st * st - sx * sx - sy * sy);
    return Math.acosh(Math.max(1, cosh)) / 1.4;
  });
}

function toDisk([x, y]: Point): Point {
  const t = Math.hypot(1, x, y);
  return [x / (1 + t), y / (1 + t)];
}

/** `2 artanh |(a − b) / (1 − a̅ b)|`, the distance by way of the Möbius difference. */
function mobiusDistance([ax, ay]: Point, [bx, by]: Point): number {
  const below = Math.hypot(1 - (ax * bx + ay * by), ax * by - ay * bx);
  return 2 * Math.atanh(Math.hypot(ax - bx, ay - by) / below);
}

function greedyWalk(target: Point): { path: string[]; distance: number; narrowest: number } {
  const distance = Object.fromEntries(
    Object.entries(PLACES).map(([name, at]) => [name, mobiusDistance(at, target)]),
  );
  const path = ['duty'];
  let narrowest = Number.POSITIVE_INFINITY;
  for (;;) {
    const here = path.at(-1)!;
    const around = LINKS.map(link => link.split(' '))
      .filter(link => link.includes(here))
      .flat();
    const [best, second] = [...new Set(around)].sort((a, b) => distance[a]! - distance[b]!);
    narrowest = Math.min(narrowest, distance[second!]! - distance[best!]!);
    if (best === here) return { path, distance: distance[here]!, narrowest };
    path.push(best!);
  }
}

if (import.meta.main) {
  const { alerts, narrowest } = expectedAlerts(readFileSync(process.argv[2]!, 'utf8'));
  process.stdout.write(
    `${alerts.map(alert => JSON.stringify(alert)).join('\n')}\n${alerts.length} alerts, narrowest ${narrowest}\n`,
  );
}
