/** A profile's tree as boxes of a flame graph, and what its functions cost. Pure. */
import type { ProfileFlame } from "@/api/performance";
import type { Flame } from "@/charts/flame";

/** Children stand side by side under their parent, the heaviest first; the root is the first box. */
export function flameOf({ nodes }: ProfileFlame): Flame {
  const size = nodes.frame.length;
  const from = new Float64Array(size);
  const to = new Float64Array(size);
  const children: number[][] = Array.from({ length: size }, () => []);
  for (let row = 1; row < size; row += 1) children[nodes.parent[row] ?? 0]?.push(row);
  to[0] = nodes.value[0] ?? 0;
  for (let row = 0; row < size; row += 1) {
    let at = from[row] ?? 0;
    const below = children[row] ?? [];
    below.sort((a, b) => (nodes.value[b] ?? 0) - (nodes.value[a] ?? 0));
    for (const child of below) {
      from[child] = at;
      at += nodes.value[child] ?? 0;
      to[child] = at;
    }
  }
  return { from, to, depth: nodes.depth, parent: nodes.parent, size };
}

export interface FunctionCost {
  readonly frame: number;
  readonly own: number;
  readonly total: number;
}

/** Each function once, by what it spent itself. Of recursive calls the outermost counts. */
export function functionCosts({ nodes }: ProfileFlame): FunctionCost[] {
  const costs = new Map<number, { own: number; total: number }>();
  for (let row = 1; row < nodes.frame.length; row += 1) {
    const frame = nodes.frame[row] ?? -1;
    const cost = costs.get(frame) ?? { own: 0, total: 0 };
    costs.set(frame, cost);
    cost.own += nodes.own[row] ?? 0;
    if (!isBelowItself(nodes, row, frame)) cost.total += nodes.value[row] ?? 0;
  }
  return [...costs]
    .map(([frame, cost]) => ({ frame, ...cost }))
    .sort((a, b) => b.own - a.own || b.total - a.total);
}

function isBelowItself(nodes: ProfileFlame["nodes"], row: number, frame: number): boolean {
  for (let up = nodes.parent[row] ?? -1; up > 0; up = nodes.parent[up] ?? -1)
    if (nodes.frame[up] === frame) return true;
  return false;
}
