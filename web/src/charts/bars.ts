/** Bars that can be told from each other, however many counts there are. */

const PHONE_BARS = 48;
const DESK_BARS = 120;

/** How many bars the window has room for. */
export const mostBars = (): number =>
  matchMedia("(max-width: 760px)").matches ? PHONE_BARS : DESK_BARS;

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
