import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { HomeData } from "./types";

const HOUR_MS = 3_600_000;

/** What asks for action, for the rail: firing alerts and unresolved issues. */
export function useCounts(projectId: number, enabled: boolean): Loaded<HomeData["counts"]> {
  return useLoaded<HomeData, HomeData["counts"]>({
    key: projectKey(projectId, ["issues", "alerts"], "counts"),
    fetch: (signal) => {
      const now = Date.now();
      return call("GET", projectPath(projectId, "/home"), {
        query: { from: now - HOUR_MS, to: now },
        signal,
      });
    },
    select: (home) => home.counts,
    enabled,
    staleMs: 15_000,
  }).value;
}
