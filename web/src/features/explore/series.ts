/** Series of an answer: their names, colours and the numbers of the legend. */

export type Labels = Readonly<Record<string, string>>;
type Values = readonly (number | null)[];

export interface Numbers {
  readonly last: number | null;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
}

/** `http_requests_total{job="api"}`; `{}` for a series without labels. */
export function seriesName(labels: Labels): string {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 0 && name !== "" ? name : `${name}{${pairs.join(", ")}}`;
}

/** Of the known values; null where there is none. */
export function numbersOf(values: Values): Numbers {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return { last: null, min: null, mean: null, max: null };
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of known) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { last: known.at(-1) ?? null, min, mean: sum / known.length, max };
}

const SLOTS = 8;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 2, 2, 2]];

export interface Look {
  readonly color: string;
  readonly dash: readonly number[];
}

/** The same series keeps its colour by a hash of its name; who comes second takes the next free one. */
export function looksOf(names: readonly string[]): Look[] {
  const uses = new Array<number>(SLOTS).fill(0);
  return names.map((name) => {
    const least = Math.min(...uses);
    let slot = hash(name) % SLOTS;
    while ((uses[slot] ?? 0) > least) slot = (slot + 1) % SLOTS;
    const round = uses[slot] ?? 0;
    uses[slot] = round + 1;
    return { color: `c${slot + 1}`, dash: DASHES[round % DASHES.length] ?? [] };
  });
}

function hash(text: string): number {
  let state = 2166136261;
  for (let i = 0; i < text.length; i += 1)
    state = Math.imul(state ^ text.charCodeAt(i), 16777619) >>> 0;
  return state;
}

/** By the metric's name: what its values mean. */
export function unitOf(expr: string): string {
  if (/_seconds_bucket|_seconds\b|_seconds_sum/.test(expr) && !/rate\(\w+_seconds_total/.test(expr))
    return "seconds";
  if (/_bytes\b/.test(expr) && !/rate\(/.test(expr)) return "bytes";
  if (/_ratio\b/.test(expr)) return "ratio";
  return "";
}

/** "1:5: parse error: …" → where and what; column and line from 1. */
export function problemOf(message: string): { line: number; column: number; text: string } | null {
  const hit = /(\d+):(\d+):\s*(?:parse error:\s*)?(.+)$/s.exec(message);
  if (hit === null) return null;
  return { line: Number(hit[1]), column: Number(hit[2]), text: hit[3] ?? message };
}

/** Queries of the address: `p0.expr`, `p1.expr`, … without holes; at least one. */
export function queriesOf(search: Readonly<Record<string, string>>): string[] {
  const found = Object.entries(search)
    .map(([key, value]) => [/^p(\d+)\.expr$/.exec(key)?.[1], value] as const)
    .filter((pair): pair is readonly [string, string] => pair[0] !== undefined)
    .sort((a, b) => Number(a[0]) - Number(b[0]))
    .map(([, value]) => value);
  return found.length === 0 ? [""] : found;
}

/** The change of the address that puts these queries there; old ones beyond them are taken away. */
export function queryPatch(
  search: Readonly<Record<string, string>>,
  queries: readonly string[],
): Record<string, string | undefined> {
  const patch: Record<string, string | undefined> = {};
  for (const key of Object.keys(search)) if (/^p\d+\.expr$/.test(key)) patch[key] = undefined;
  queries.forEach((expr, i) => {
    patch[`p${i}.expr`] = expr;
  });
  return patch;
}
