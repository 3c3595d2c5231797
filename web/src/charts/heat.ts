/** Pure shaping of heatmaps: buckets by time, counts, and the steps of the colour scale. */

export interface HeatBucket {
  /** Lower and upper bound; the ends may be infinite. */
  readonly low: number;
  readonly high: number;
}

export interface Heat {
  readonly timesMs: readonly number[];
  readonly stepMs: number;
  /** From the lowest up. */
  readonly buckets: readonly HeatBucket[];
  /** By bucket, then by time; null: nothing is known. */
  readonly counts: readonly (readonly (number | null)[])[];
}

interface Cumulative {
  readonly le: number;
  readonly values: readonly (number | null)[];
}

/** Classic buckets, each with all below it: what lies between neighbours. Equal bounds are summed. */
export function heatOfClassic(
  timesMs: readonly number[],
  stepMs: number,
  series: readonly Cumulative[],
): Heat {
  const bounds = [...new Set(series.map(({ le }) => le))].sort((a, b) => a - b);
  const sums = bounds.map((bound) =>
    added(
      series.filter(({ le }) => le === bound),
      timesMs.length,
    ),
  );
  const counts = sums.map((column, i) =>
    column.map((value, at) => {
      if (value === null) return null;
      const below = i === 0 ? 0 : (sums[i - 1]?.[at] ?? 0);
      // Differences of large sums leave dust that is no observation.
      return value - below <= value * 1e-9 ? 0 : value - below;
    }),
  );
  const buckets = bounds.map((high, i) => ({
    low: i === 0 ? Number.NEGATIVE_INFINITY : (bounds[i - 1] ?? 0),
    high,
  }));
  return { timesMs, stepMs, buckets, counts };
}

function added(series: readonly Cumulative[], length: number): (number | null)[] {
  return Array.from({ length }, (_, at) => {
    let sum: number | null = null;
    for (const { values } of series) {
      const value = values[at] ?? null;
      if (value !== null) sum = (sum ?? 0) + value;
    }
    return sum;
  });
}

export interface NativeBucket extends HeatBucket {
  readonly count: number;
}

export const MOST_ROWS = 48;

/** Native histograms: the buckets of all times and series, joined until at most 48 rows are left. */
export function heatOfNative(
  timesMs: readonly number[],
  stepMs: number,
  series: readonly (readonly (readonly NativeBucket[] | null)[])[],
): Heat {
  const bounds = new Set<number>();
  for (const column of series)
    for (const buckets of column)
      for (const { low, high } of buckets ?? []) {
        bounds.add(low);
        bounds.add(high);
      }
  const edges = thinned([...bounds].sort((a, b) => a - b));
  const buckets = edges.slice(1).map((high, i) => ({ low: edges[i] ?? 0, high }));
  const counts = buckets.map(() => new Array<number | null>(timesMs.length).fill(null));
  for (const column of series)
    column.forEach((found, at) => {
      if (found === null) return;
      for (const row of counts) row[at] = row[at] ?? 0;
      for (const one of found) {
        const middle = middleOf(one);
        const row = counts[buckets.findIndex(({ low, high }) => middle > low && middle <= high)];
        if (row) row[at] = (row[at] ?? 0) + one.count;
      }
    });
  return { timesMs, stepMs, buckets, counts };
}

function thinned(edges: readonly number[]): readonly number[] {
  if (edges.length <= MOST_ROWS + 1) return edges;
  const every = Math.ceil((edges.length - 1) / MOST_ROWS);
  return edges.filter((_, i) => i % every === 0 || i === edges.length - 1);
}

function middleOf({ low, high }: HeatBucket): number {
  if (low === Number.NEGATIVE_INFINITY) return high;
  return high === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : (low + high) / 2;
}

export const LEVELS = 7;
const USUAL = 0.98;
const FARTHEST = 1_000;

/** Upper bounds of the seven colours: even steps, or even ratios where counts differ by far. The
 * highest colour is also for the few counts that stand out, so that they do not pale all others. */
export function levelsOf(heat: Heat): number[] {
  const known = heat.counts.flatMap((row) =>
    row.filter((value): value is number => value !== null && value > 0),
  );
  if (known.length === 0) return [];
  known.sort((a, b) => a - b);
  const most = known.at(-1) ?? 0;
  const usual = known[Math.floor((known.length - 1) * USUAL)] ?? most;
  const least = Math.max(known[0] ?? 0, usual / FARTHEST);
  const isWide = usual / least > 20;
  const inner = Array.from({ length: LEVELS }, (_, i) =>
    isWide ? least * (usual / least) ** ((i + 1) / LEVELS) : (usual * (i + 1)) / LEVELS,
  );
  return [...inner.slice(0, -1), most];
}

/** 1–7, or 0 for nothing. */
export function levelOf(value: number | null | undefined, levels: readonly number[]): number {
  if (value === null || value === undefined || value <= 0) return 0;
  const at = levels.findIndex((bound) => value <= bound * (1 + 1e-12));
  return at < 0 ? levels.length : at + 1;
}

/** Outermost buckets have no end on one side: their height says nothing. */
export const isOverflow = ({ low, high }: HeatBucket): boolean =>
  !Number.isFinite(low) || !Number.isFinite(high);
