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

/** Labels in which the series differ; those that all share go into the title. */
export function varyingLabels(series: readonly Labels[]): string[] {
  const values = new Map<string, Set<string>>();
  for (const labels of series)
    for (const [name, value] of Object.entries(labels)) {
      const known = values.get(name) ?? new Set();
      known.add(value);
      values.set(name, known);
    }
  const isVarying = (name: string): boolean =>
    (values.get(name)?.size ?? 0) > 1 || series.some((labels) => labels[name] === undefined);
  return [...values.keys()].filter(isVarying).sort();
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

export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** "1:5: parse error: …" → where and what; column and line from 1. */
export function problemOf(message: string): Problem | null {
  const hit = /(\d+):(\d+):\s*(?:parse error:\s*)?(.+)$/s.exec(message);
  if (hit === null) return null;
  return { line: Number(hit[1]), column: Number(hit[2]), text: hit[3] ?? message };
}

/** "PromQL info: metric might not be a counter … (1:6)" → the same, its place apart. */
export function noteOf(message: string): Problem | { text: string } {
  const text = message.replace(/^PromQL (?:warning|info): /, "");
  const hit = /^(.*)\s\((\d+):(\d+)\)$/s.exec(text);
  if (hit === null) return { text };
  return { text: hit[1] ?? text, line: Number(hit[2]), column: Number(hit[3]) };
}

export type SortKey = "name" | keyof Numbers;

export function sortRows<Row extends Numbers & { name: string }>(
  rows: readonly Row[],
  key: SortKey,
  isUp: boolean,
): Row[] {
  const sign = isUp ? 1 : -1;
  return [...rows].sort((a, b) => {
    if (key === "name") return a.name < b.name ? -sign : sign;
    const [one, other] = [a[key], b[key]];
    if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
    return (one - other) * sign;
  });
}

/** A, B, C: how people name the queries of a page. */
export const letterOf = (index: number): string => String.fromCharCode(65 + index);

/** The trace that an exemplar names, as the address has it: 32 hex digits; null without one. */
export function traceOf(labels: Labels): string | null {
  const named = Object.entries(labels).find(([name]) => /^trace_?id$/i.test(name));
  const id = named?.[1].replaceAll("-", "").toLowerCase() ?? "";
  return /^([0-9a-f]{16}|[0-9a-f]{32})$/.test(id) ? id.padStart(32, "0") : null;
}
