/** Bars that can be told from each other, however many counts there are. */

/** By the width of the window (CSS px), widest first. */
const ROOM: readonly (readonly [least: number, bars: number])[] = [
  [1380, 120],
  [760, 64],
  [0, 48],
];

/** How many bars a chart beside others has room for. */
export const mostBars = (): number => ROOM.find(([least]) => innerWidth > least)?.[1] ?? 48;

export interface Bars {
  readonly timesMs: readonly number[];
  readonly columns: readonly (readonly number[])[];
}

/** Neighbouring counts added up until there are at most so many. timesMs: starts of equal steps. */
export function coarser(
  timesMs: readonly number[],
  columns: readonly (readonly number[])[],
  most: number,
): Bars {
  const size = Math.ceil(timesMs.length / most);
  if (size <= 1) return { timesMs, columns };
  const starts = timesMs.filter((_, i) => i % size === 0);
  return {
    timesMs: starts,
    columns: columns.map((column) =>
      starts.map((_, i) =>
        column.slice(i * size, (i + 1) * size).reduce((sum, value) => sum + value, 0),
      ),
    ),
  };
}
