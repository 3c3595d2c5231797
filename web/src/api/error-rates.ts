/** How many errors a project has, and by what they have in common. */
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { type Scope, spanNow } from "./scope";

type Schemas = components["schemas"];
export type ErrorGroup = Schemas["ErrorGroup"];
export type ErrorGroups = Schemas["ErrorGroupsAnswer"];
export type ErrorSummary = Schemas["ErrorSummaryAnswer"];
export type GroupBy = ErrorGroups["by"];

const BUCKETS = 48;

/** Totals beside those of the range before. */
export function useErrorSummary(scope: Scope): Loaded<ErrorSummary> {
  return useOfRange<ErrorSummary>(scope, "/errors/summary", {}).value;
}

/** The most frequent errors by what they have in common, each over time. */
export function useErrorGroups(
  scope: Scope,
  by: GroupBy,
  tag: string,
): { value: Loaded<ErrorGroups>; refreshing: boolean } {
  return useOfRange<ErrorGroups>(scope, "/errors/groups", { by, tag: by === "feature" ? tag : "" });
}

function useOfRange<T>(
  { project, range, environment, release }: Scope,
  path: string,
  more: Readonly<Record<string, string>>,
): { value: Loaded<T>; refreshing: boolean } {
  return useLoaded<T>({
    key: projectKey(project.id, ["issues"], path, range, environment, release, more),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<T>("GET", projectPath(project.id, path), {
        query: { from: fromMs, to: toMs, env: environment, release, buckets: BUCKETS, ...more },
        signal,
      });
    },
    keepPrevious: true,
  });
}
