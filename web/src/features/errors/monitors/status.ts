import type { Monitor, MonitorEnvironment, RunStatus } from "@/api/monitors";
import { coarse } from "@/lib/units";

export type Shown = RunStatus | "late";

/** What is said of a job in one environment: that it is late before how its last run went. */
export function shownStatus(one: Pick<MonitorEnvironment, "status" | "is_late">): Shown {
  const isBad = one.status === "missed" || one.status === "error" || one.status === "timeout";
  return one.is_late && !isBad ? "late" : one.status;
}

const RANK: Record<Shown, number> = {
  ok: 0,
  in_progress: 1,
  late: 2,
  timeout: 3,
  error: 4,
  missed: 5,
};

/** The worst that is said of any environment. */
export function worst(
  environments: readonly Pick<MonitorEnvironment, "status" | "is_late">[],
): { status: Shown; rank: number } | null {
  return environments
    .map(shownStatus)
    .map((status) => ({ status, rank: RANK[status] }))
    .reduce<{ status: Shown; rank: number } | null>(
      (bad, one) => (bad === null || one.rank > bad.rank ? one : bad),
      null,
    );
}

export const WORDS: Record<Shown, string> = {
  ok: "ok",
  in_progress: "running",
  late: "late",
  timeout: "timed out",
  error: "failed",
  missed: "missed",
};

/** "0 2 * * *, Europe/Vienna", or why there is none. */
export function scheduleText({ schedule, schedule_error, timezone }: Monitor): string {
  if (schedule_error) return schedule_error;
  if (!schedule) return "no schedule was told";
  return timezone === "UTC" ? schedule : `${schedule}, ${timezone}`;
}

/** "in 24 min", "now" once it is due. */
export function dueText(atMs: number | null, nowMs: number): string {
  if (atMs === null) return "–";
  return atMs <= nowMs ? "now" : `in ${coarse(atMs - nowMs)}`;
}
