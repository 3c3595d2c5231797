import type uPlot from "uplot";
import type { ChartMark } from "./TimeChart";

/** Where a diamond stands, in CSS pixels; one may stand for many that lie too close. */
export interface MarkPlace {
  readonly left: number;
  readonly top: number;
  readonly label: string;
  readonly count: number;
  readonly onPress: (() => void) | undefined;
}

/** More in view than these are drawn together. */
export const MOST_MARKS = 12;
const LABELLED = 4;

/** Marks in groups: each its own while they are few, else by equal parts of the range. */
export function grouped(
  marks: readonly ChartMark[],
  fromMs: number,
  toMs: number,
): readonly (readonly ChartMark[])[] {
  const seen = marks.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  if (seen.length <= MOST_MARKS) return seen.map((mark) => [mark]);
  const part = Math.max((toMs - fromMs) / MOST_MARKS, 1);
  const groups = new Map<number, ChartMark[]>();
  for (const mark of seen) {
    const at = Math.min(Math.floor((mark.atMs - fromMs) / part), MOST_MARKS - 1);
    groups.set(at, [...(groups.get(at) ?? []), mark]);
  }
  return [...groups.values()];
}

/** The newest deploys by name, the rest as a number. */
export function labelOf(group: readonly ChartMark[]): string {
  const newest = [...group].sort((a, b) => b.atMs - a.atMs);
  const named = newest.slice(0, LABELLED).map((mark) => mark.label);
  const rest = newest.length - named.length;
  return rest > 0 ? `${named.join("\n")}\nand ${rest} more` : named.join("\n");
}

/** The middle of a group's time (Unix ms). */
export const middleOf = (group: readonly ChartMark[]): number =>
  group.reduce((sum, mark) => sum + mark.atMs, 0) / Math.max(group.length, 1);

export function markGroups(u: uPlot, marks: readonly ChartMark[]): ReturnType<typeof grouped> {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  return grouped(marks, (min ?? 0) * 1000, (max ?? 0) * 1000);
}

export function markPlacesOf(u: uPlot, marks: readonly ChartMark[]): MarkPlace[] {
  const r = devicePixelRatio;
  return markGroups(u, marks).map((group) => ({
    left: Math.round(u.bbox.left / r + u.valToPos(middleOf(group) / 1000, "x")),
    top: Math.round(u.bbox.top / r),
    label: labelOf(group),
    count: group.length,
    onPress: group[0]?.onPress,
  }));
}

/** The old list if nothing has moved, so that drawing again ends. */
export function keptMarks(
  old: readonly MarkPlace[],
  next: readonly MarkPlace[],
): readonly MarkPlace[] {
  const isSame =
    old.length === next.length &&
    old.every((one, i) => one.left === next[i]?.left && one.label === next[i]?.label);
  return isSame ? old : next;
}
