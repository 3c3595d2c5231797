/** A trace's rows as a tree that folds. Rows come in drawing order: parents right before their children. */

/** One array a fact, by row. Times in nanoseconds from the start of the trace. */
export interface Rows {
  /** Row of the parent; −1 for none. */
  readonly parent: readonly number[];
  readonly depth: readonly number[];
  /** Rows below it that fold with it. */
  readonly descendants: readonly number[];
  readonly start_ns: readonly number[];
  readonly duration_ns: readonly number[];
}

/** The first row after a row's subtree. */
export const endOf = ({ descendants }: Rows, row: number): number =>
  row + 1 + (descendants[row] ?? 0);

export const hasChildren = ({ descendants }: Rows, row: number): boolean =>
  (descendants[row] ?? 0) > 0;

/** The rows that are seen: within `focus` (−1: all) and below no folded row. */
export function visibleRows(rows: Rows, folded: ReadonlySet<number>, focus = -1): Int32Array {
  const last = focus < 0 ? rows.parent.length : endOf(rows, focus);
  const seen = new Int32Array(rows.parent.length);
  let count = 0;
  let row = Math.max(focus, 0);
  while (row < last) {
    seen[count++] = row;
    row = folded.has(row) ? endOf(rows, row) : row + 1;
  }
  return seen.subarray(0, count);
}

/** Rows above `row`, the nearest first. */
export function ancestors({ parent }: Rows, row: number): number[] {
  const found: number[] = [];
  for (let up = parent[row] ?? -1; up >= 0; up = parent[up] ?? -1) found.push(up);
  return found;
}

/** Rows directly below `row`. */
export function childRows(rows: Rows, row: number): number[] {
  const found: number[] = [];
  for (let at = row + 1; at < endOf(rows, row); at = endOf(rows, at)) found.push(at);
  return found;
}

/** A stretch of time, ns from the start of the trace. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const LEAST_GAP_NS = 5e6;

/** Parts of a span with children, longer than 5 ms, in which none of them ran: nothing measured it. */
export function gapsOf(rows: Rows, row: number): Stretch[] {
  if (!hasChildren(rows, row)) return [];
  const from = rows.start_ns[row] ?? 0;
  const until = from + (rows.duration_ns[row] ?? 0);
  const found: Stretch[] = [];
  let covered = from;
  const put = (to: number): void => {
    if (to - covered > LEAST_GAP_NS) found.push({ from: covered, to });
  };
  for (const child of childRows(rows, row)) {
    const start = rows.start_ns[child] ?? 0;
    put(Math.min(start, until));
    covered = Math.max(covered, start + (rows.duration_ns[child] ?? 0));
  }
  put(until);
  return found;
}

/** From the first start to the last end; never empty. */
export function extentOf({ start_ns, duration_ns }: Rows): Stretch {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < start_ns.length; row += 1) {
    const start = start_ns[row] ?? 0;
    from = Math.min(from, start);
    to = Math.max(to, start + (duration_ns[row] ?? 0));
  }
  if (to > from) return { from, to };
  return Number.isFinite(from) ? { from, to: from + 1 } : { from: 0, to: 1 };
}

/** Round instants of a ruler, at least `leastPx` apart. */
export function rulerTicks({ from, to }: Stretch, width: number, leastPx = 90): number[] {
  const wanted = ((to - from) * leastPx) / Math.max(width, 1);
  if (!(wanted > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = ([1, 2, 5, 10].find((one) => one * power >= wanted) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step - 1e-9) * step + 0; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** Where rows are for the windowed list: first and last drawn (the latter out). */
export function windowOf(
  scrolled: number,
  height: number,
  rowHeight: number,
  total: number,
  spare: number,
): [number, number] {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - spare);
  const last = Math.min(total, Math.ceil((scrolled + height) / rowHeight) + spare);
  return [Math.min(first, total), last];
}

/** A lane for each row, below its parent's, so that no two spans of a lane overlap. */
export function lanesFor(rows: Rows): Uint16Array {
  const size = rows.parent.length;
  const lanes = new Uint16Array(size);
  const isPlaced = new Uint8Array(size);
  const ends: number[] = [];
  const order = Array.from({ length: size }, (_, row) => row);
  order.sort((a, b) => (rows.start_ns[a] ?? 0) - (rows.start_ns[b] ?? 0) || a - b);
  for (const row of order) {
    const up = rows.parent[row] ?? -1;
    const start = rows.start_ns[row] ?? 0;
    let lane = up >= 0 && isPlaced[up] ? (lanes[up] ?? 0) + 1 : (rows.depth[row] ?? 0);
    while ((ends[lane] ?? Number.NEGATIVE_INFINITY) > start) lane += 1;
    lanes[row] = lane;
    isPlaced[row] = 1;
    ends[lane] = start + (rows.duration_ns[row] ?? 0);
  }
  return lanes;
}
