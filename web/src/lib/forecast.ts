/** Forecasts in words: exact about when, and honest about how sure. */
import { coarse, duration, showText, type Unit } from "./units";

export interface Outlooked {
  readonly outlook: "reaches" | "beyond" | "steady" | "over" | "short" | null;
  readonly now: number;
  readonly per_day: number;
  readonly at_ms: number | null;
  readonly earliest_ms: number | null;
  readonly latest_ms: number | null;
  readonly history_ms: number;
  readonly needs_ms: number;
  readonly test: {
    readonly runs: number;
    readonly horizon_ms: number;
    readonly error: number;
    readonly error_ms: number | null;
  } | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS_FROM_MS = 3 * DAY_MS;

/** "12 days", "30 h": whole days as soon as there are a few. */
export function ahead(ms: number): string {
  if (ms < HOUR_MS) return "less than 1 h";
  if (ms < DAYS_FROM_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}

/** "full in 12 days"; `what` is said of the limit: "full", "at 90 %". */
export function outlookText(made: Outlooked, what: string, nowMs: number): string {
  switch (made.outlook) {
    case "reaches":
      return made.at_ms === null ? what : `${what} in ${ahead(made.at_ms - nowMs)}`;
    case "over":
      return `${what} now`;
    case "beyond":
      return `not ${what} within a year`;
    case "steady":
      return "no trend towards it";
    case "short":
      return `not enough history: ${coarse(made.history_ms)} of ${coarse(made.needs_ms)}`;
    case null:
      return "";
  }
}

/** "8 of 10 tests: 10 to 14 days". */
export function intervalText(made: Outlooked, nowMs: number): string {
  if (made.outlook !== "reaches" || made.earliest_ms === null) return "";
  const from = made.earliest_ms - nowMs;
  if (made.latest_ms === null) return `${ahead(from)} at the earliest, perhaps never`;
  const to = made.latest_ms - nowMs;
  const [a, b] = [ahead(from), ahead(to)];
  if (a === b) return `about ${a}`;
  const unit = b.slice(b.indexOf(" "));
  return a.endsWith(unit) ? `${a.slice(0, -unit.length)} to ${b}` : `${a} to ${b}`;
}

/** How wrong the method was when it was asked in the past: "± 1.3 days over the next 4 days". */
export function errorText(made: Outlooked, unit: Unit): string {
  const { test } = made;
  if (test === null) return "not tested: too little history";
  const over = `${ahead(test.horizon_ms)} ahead, ${test.runs} tests`;
  const value = showText(test.error, unit);
  if (test.error_ms === null || made.outlook !== "reaches") return `off by ±${value}, ${over}`;
  return `off by ±${daysText(test.error_ms)}, ${over}`;
}

function daysText(ms: number): string {
  if (ms < HOUR_MS) return duration(Math.max(1, Math.round(ms / 60_000)) * 60_000);
  if (ms < DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${(ms / DAY_MS).toFixed(1)} days`;
}
