/** What a chart is compared with, as `vs` of the address says. */
import { resolveRange, type TimeRange } from "./time";

const DAY_MS = 86_400_000;

/** Values of `vs` and how they are called. */
export const COMPARISONS = [
  { value: "period", label: "period before" },
  { value: "day", label: "day before" },
  { value: "week", label: "week before" },
] as const;

/** How far back the other stretch lies; null where nothing is compared. */
export function compareShift(
  vs: string | undefined,
  range: TimeRange,
): { ms: number; label: string } | null {
  const chosen = COMPARISONS.find(({ value }) => value === vs);
  if (chosen === undefined) return null;
  const span = resolveRange(range, Date.now());
  const length = span === null ? DAY_MS : span.toMs - span.fromMs;
  const ms = { period: length, day: DAY_MS, week: 7 * DAY_MS }[chosen.value];
  // Whole minutes: the steps of both stretches must fall on the same places.
  return { ms: Math.round(ms / 60_000) * 60_000, label: chosen.label };
}
