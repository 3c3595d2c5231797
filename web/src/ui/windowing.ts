/** Where rows of different heights lie, and which of them a window sees. Pure. */

/** Top of each row, and behind the last one the bottom of all. */
export function offsetsOf(heights: readonly number[]): Float64Array {
  const offsets = new Float64Array(heights.length + 1);
  let at = 0;
  heights.forEach((height, i) => {
    offsets[i] = at;
    at += height;
  });
  offsets[heights.length] = at;
  return offsets;
}

/** First and last row (the latter out) that reach into the stretch. */
export function windowIn(offsets: Float64Array, from: number, to: number): [number, number] {
  const total = offsets.length - 1;
  const first = Math.max(0, Math.min(total, firstAfter(offsets, from) - 1));
  const last = Math.min(total, firstAfter(offsets, to));
  return [first, Math.max(first, last)];
}

/** The first row whose top lies behind `at`. */
function firstAfter(offsets: Float64Array, at: number): number {
  let [low, high] = [0, offsets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
