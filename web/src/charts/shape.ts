/** Pure shaping of chart data. Columns in, columns out; nothing here knows a browser. */

import { showText, type Unit } from "@/lib/units";

export type Column = readonly (number | null)[];

/** A gap wider than this many steps is not bridged by a line. */
export const GAP_STEPS = 2.5;

/** The usual distance between neighbours (ms): the median, so that gaps do not count. */
export function usualStep(timesMs: readonly number[]): number {
  if (timesMs.length < 2) return 60_000;
  const distances = timesMs.slice(1).map((at, i) => at - (timesMs[i] ?? at));
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? 60_000;
}

/** Adds an empty point inside each hole of the time axis that is wider than 2.5 steps. */
export function breakGaps(
  timesMs: readonly number[],
  columns: readonly Column[],
  stepMs: number,
): { timesMs: number[]; columns: (number | null)[][] } {
  const times: number[] = [];
  const out: (number | null)[][] = columns.map(() => []);
  timesMs.forEach((at, i) => {
    const before = timesMs[i - 1];
    if (before !== undefined && at - before > GAP_STEPS * stepMs) {
      times.push(before + stepMs);
      for (const column of out) column.push(null);
    }
    times.push(at);
    columns.forEach((column, c) => {
      out[c]?.push(column[i] ?? null);
    });
  });
  return { timesMs: times, columns: out };
}

/** Indices of points that no line reaches, as both neighbours are too far away. */
export function lonePoints(timesMs: readonly number[], values: Column, stepMs: number): number[] {
  const known = values.flatMap((value, i) => (value === null ? [] : [i]));
  const far = (a: number | undefined, b: number | undefined): boolean =>
    a === undefined ||
    b === undefined ||
    Math.abs((timesMs[b] ?? 0) - (timesMs[a] ?? 0)) > GAP_STEPS * stepMs;
  return known.filter((i, k) => far(known[k - 1], i) && far(i, known[k + 1]));
}

/** Cumulated columns, the last one on top; null counts as nothing unless all are null. */
export function stack(columns: readonly Column[]): (number | null)[][] {
  const sums: number[] = [];
  return columns.map((column, c) =>
    column.map((value, i) => {
      sums[i] = (sums[i] ?? 0) + (value ?? 0);
      const known = columns.slice(0, c + 1).some((one) => one[i] !== null && one[i] !== undefined);
      return known ? sums[i] : null;
    }),
  );
}

export interface Extent {
  readonly min: number;
  readonly max: number;
}

/** The least and greatest value; null if there is none. */
export function extent(columns: readonly Column[]): Extent | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    for (const value of column) {
      if (value === null) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return min > max ? null : { min, max };
}

/** The y axis: from 0 where asked, with air above, and with each limit that lies within twice the data. */
export function yRange(
  columns: readonly Column[],
  limits: readonly number[] = [],
  fromZero = true,
): [number, number] {
  const found = extent(columns);
  if (found === null) return [0, limits.length > 0 ? Math.max(...limits) * 1.25 : 1];
  const near = limits.filter(
    (limit) => limit <= 2 * found.max && limit >= Math.min(0, 2 * found.min),
  );
  const max = Math.max(found.max, ...near);
  const min = fromZero ? Math.min(0, found.min) : Math.min(found.min, ...near);
  if (max === min) return max === 0 ? [0, 1] : max > 0 ? [0, max * 1.25] : [min * 1.25, 0];
  const air = (max - min) * 0.12;
  const low = min >= 0 ? Math.max(0, fromZero ? 0 : min - air) : min - air;
  return [low, max + air];
}

/**
 * Colour slots 1–8: each label keeps the slot of its hash; where that is taken, the next free one.
 * From the ninth on slots repeat (they are told apart by their dashes).
 */
export function assignSlots(labels: readonly string[]): number[] {
  const taken = new Set<number>();
  return labels.map((label) => {
    if (taken.size === 8) taken.clear();
    let slot = hash(label) % 8;
    while (taken.has(slot)) slot = (slot + 1) % 8;
    taken.add(slot);
    return slot + 1;
  });
}

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}

const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 2, 2, 2]];

/** With more than four lines colours are helped by dashes. */
export const dashFor = (index: number, total: number): number[] =>
  total <= 4 ? [] : [...(DASHES[Math.floor(index / 2) % DASHES.length] ?? [])];

/** The last known value of a column. */
export function lastKnown(values: Column): number | null {
  for (let i = values.length - 1; i >= 0; i -= 1) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

export interface Named {
  readonly label: string;
  readonly values: Column;
}

/** One sentence made from the data, for those who do not see the chart. */
export function sentence(
  title: string,
  unit: Unit,
  series: readonly Named[],
  rangeText: string,
): string {
  const known = series.filter((one) => lastKnown(one.values) !== null);
  if (known.length === 0) return `${title}, ${rangeText}: no data.`;
  const parts = known.slice(0, 4).map((one) => {
    const size = extent([one.values]);
    const name = known.length > 1 ? `${one.label} ` : "";
    const text = (value: number): string => showText(value, unit);
    return `${name}from ${text(size?.min ?? 0)} to ${text(size?.max ?? 0)}, last ${text(lastKnown(one.values) ?? 0)}`;
  });
  const more = known.length > 4 ? `; and ${known.length - 4} more` : "";
  return `${title}, ${rangeText}: ${parts.join("; ")}${more}.`;
}

/** A chart's data as CSV: ISO times, one column a series, an empty field for a gap. */
export function toCsv(timesMs: readonly number[], series: readonly Named[]): string {
  const quote = (text: string): string =>
    /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const head = ["time", ...series.map((one) => quote(one.label))].join(",");
  const rows = timesMs.map((at, i) =>
    [new Date(at).toISOString(), ...series.map((one) => one.values[i] ?? "")].join(","),
  );
  return [head, ...rows].join("\n");
}
