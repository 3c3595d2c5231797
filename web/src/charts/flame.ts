/** Pure shaping of flame graphs: boxes in lanes, and which of them are seen. */

/** Boxes by index; `from` and `to` in any one unit, `depth` from 0 down, `parent` −1 for a root. */
export interface Flame {
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  readonly depth: ArrayLike<number>;
  readonly parent: ArrayLike<number>;
  readonly size: number;
}

export interface Domain {
  readonly from: number;
  readonly to: number;
}

/** The boxes of each lane, by where they begin. */
export function lanesOf({ from, depth, size }: Flame): number[][] {
  const lanes: number[][] = [];
  for (let i = 0; i < size; i += 1) {
    const at = depth[i] ?? 0;
    while (lanes.length <= at) lanes.push([]);
    lanes[at]?.push(i);
  }
  for (const lane of lanes) lane.sort((a, b) => (from[a] ?? 0) - (from[b] ?? 0));
  return lanes;
}

/** From the least `from` to the greatest `to`; 0–1 if there is no box. */
export function wholeDomain({ from, to, size }: Flame): Domain {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < size; i += 1) {
    low = Math.min(low, from[i] ?? low);
    high = Math.max(high, to[i] ?? high);
  }
  return high > low ? { from: low, to: high } : { from: 0, to: 1 };
}

/** The box of a lane that covers `at`; the last that begins before it, as boxes may overlap. */
export function boxAt(flame: Flame, lane: readonly number[], at: number): number | null {
  for (let k = lowerBound(flame, lane, at); k >= 0; k -= 1) {
    const box = lane[k];
    if (box !== undefined && (flame.to[box] ?? 0) >= at) return box;
  }
  return null;
}

/** The place of the last box in the lane that begins at or before `at`; −1 if none does. */
function lowerBound({ from }: Flame, lane: readonly number[], at: number): number {
  let [low, high] = [0, lane.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((from[lane[middle] ?? 0] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export type Step = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

/** Where an arrow key leads from a box: to its parent, its first child, or a neighbour in its lane. */
export function stepFrom(
  flame: Flame,
  lanes: readonly (readonly number[])[],
  box: number,
  step: Step,
): number {
  const depth = flame.depth[box] ?? 0;
  if (step === "ArrowUp")
    return Math.max(flame.parent[box] ?? -1, -1) < 0 ? box : (flame.parent[box] ?? box);
  if (step === "ArrowDown")
    return lanes[depth + 1]?.find((one) => flame.parent[one] === box) ?? box;
  const lane = lanes[depth] ?? [];
  return lane[lane.indexOf(box) + (step === "ArrowLeft" ? -1 : 1)] ?? box;
}
