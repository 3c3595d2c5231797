import type { MonitorEnvironment, RunStatus } from "@/api/monitors";

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
  ok: "well",
  in_progress: "running",
  late: "late",
  timeout: "timed out",
  error: "failed",
  missed: "missed",
};
