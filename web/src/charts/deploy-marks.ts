import type { ChartMark } from "./TimeChart";

interface Deploy {
  readonly release: string;
  readonly name: string;
  readonly environment: string;
  readonly status: string;
  readonly started_ms: number;
  readonly finished_ms: number | null;
}

/** Deploys as diamonds of a chart; failed ones brought nothing. onOpen: of the release. */
export const deployMarks = (
  deploys: readonly Deploy[],
  onOpen?: (release: string) => void,
): ChartMark[] =>
  deploys
    .filter((one) => one.status !== "failure")
    .map((one) => ({
      atMs: one.finished_ms ?? one.started_ms,
      label: `${one.release || one.name || "deploy"} to ${one.environment}`,
      ...(onOpen && one.release ? { onPress: () => onOpen(one.release) } : {}),
    }));
