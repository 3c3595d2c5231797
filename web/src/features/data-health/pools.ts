import type { PoolTarget } from "@/api/targets";
import type { Status } from "@/ui/Glyph";

export type Which = "all" | "up" | "down";

export const STATUS: Record<PoolTarget["health"], Status> = {
  up: "ok",
  down: "crit",
  unknown: "unknown",
};

/** Whether a target has every word of the text somewhere, and is in that state. */
export function matches(job: string, target: PoolTarget, text: string, which: Which): boolean {
  if (which !== "all" && (target.health === "up") !== (which === "up")) return false;
  const hay = [
    job,
    target.url,
    target.last_error,
    target.note,
    ...Object.entries(target.labels).map(([name, value]) => `${name}="${value}"`),
  ]
    .join(" ")
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

/** How much of its interval a scrape may take before it is worth a look. */
const SLOW = 0.5;

export const isSlow = ({ duration_ms, timeout_ms }: PoolTarget): boolean =>
  duration_ms !== null && duration_ms > timeout_ms * SLOW;
