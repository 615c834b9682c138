const BARS = ' ▁▂▃▄▅▆▇█';

/**
 * One line of bars: how many of `times` fall into each of `columns` equal spans from `start` to `end`. A span with anything in
 * it never looks empty.
 */
export function plotOverTime(times: readonly number[], start: number, end: number, columns: number): string {
  const counts = new Array<number>(columns).fill(0);
  const span = Math.max(1, end - start + 1);
  for (const time of times) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((time - start) / span) * columns)));
    counts[column] = counts[column]! + 1;
  }
  const most = Math.max(1, ...counts);
  return counts.map(count => BARS[Math.ceil((count / most) * (BARS.length - 1))]).join('');
}
