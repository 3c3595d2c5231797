/** Scheduled jobs that check in. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { type Scope, spanNow } from "./scope";

type Schemas = components["schemas"];
export type Monitor = Schemas["MonitorAnswer"];
export type MonitorEnvironment = Schemas["MonitorEnvironmentAnswer"];
export type MonitorPage = Schemas["MonitorPageAnswer"];
export type Run = Schemas["RunAnswer"];
export type RunStatus = Run["status"];

/** Every job, with its runs of the range. */
export function useMonitors(scope: Scope): {
  value: Loaded<Schemas["MonitorsAnswer"]>;
  refreshing: boolean;
} {
  const { project, range } = scope;
  return useLoaded({
    key: projectKey(project.id, ["envelopes"], "monitors", range),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<Schemas["MonitorsAnswer"]>("GET", projectPath(project.id, "/monitors"), {
        query: { from: fromMs, to: toMs },
        signal,
      });
    },
    keepPrevious: true,
  });
}

const monitorPath = (projectId: number, slug: string): string =>
  projectPath(projectId, `/monitors/${encodeURIComponent(slug)}`);

/** One job and its last runs in the range and the environment. */
export function useMonitor(scope: Scope, slug: string): Loaded<MonitorPage> {
  const { project, range, environment } = scope;
  return useLoaded({
    key: projectKey(project.id, ["envelopes"], "monitor", range, environment, slug),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<MonitorPage>("GET", monitorPath(project.id, slug), {
        query: { from: fromMs, to: toMs, env: environment },
        signal,
      });
    },
    keepPrevious: true,
  }).value;
}

/** Stop waiting for a job; its next check-in makes it anew. */
export function useForgetMonitor(
  projectId: number,
): ReturnType<typeof useMutation<unknown, Error, string>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (slug: string) => call("DELETE", monitorPath(projectId, slug)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["project", projectId] }),
  });
}
