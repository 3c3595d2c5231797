import type { Deploy } from "@/api/releases";
import type { ChartMark } from "@/charts/TimeChart";

/** Deploys as diamonds of a chart; failed ones brought nothing. */
export const marksOf = (deploys: readonly Deploy[]): ChartMark[] =>
  deploys
    .filter((one) => one.status !== "failure")
    .map((one) => ({
      atMs: one.finished_ms ?? one.started_ms,
      label: `${one.release || one.name || "deploy"} to ${one.environment}`,
    }));
