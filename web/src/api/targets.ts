import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { spanNow } from "./scope";

type Schemas = components["schemas"];
export type Pool = Schemas["Pool"];
export type PoolTarget = Schemas["PoolTarget"];
export type Pools = Schemas["PoolsAnswer"];

/** Targets by job with how they did over the range. */
export function usePools(
  projectId: number,
  range: TimeRange,
): { value: Loaded<Pools>; refreshing: boolean } {
  return useLoaded<Pools>({
    key: projectKey(projectId, ["targets", "samples"], "pools", range),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      const query = { from: fromMs, to: toMs };
      return call("GET", projectPath(projectId, "/target-pools"), { query, signal });
    },
    isEmpty: ({ pools, problems }) => pools.length === 0 && problems.length === 0,
    keepPrevious: true,
  });
}

type Reloaded = Schemas["ScrapeConfigAnswer"];

/** Has the server read the project's configuration again, files too; for admins. */
export function useReload(
  projectId: number,
): ReturnType<typeof useMutation<Reloaded, Error, void>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<Reloaded>("POST", projectPath(projectId, "/scrape-config/reload")),
    onSuccess: () => client.invalidateQueries({ queryKey: ["project", projectId] }),
  });
}
