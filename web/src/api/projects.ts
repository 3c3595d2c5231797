import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectKey, useLoaded } from "./queries";
import { type Scope, spanNow } from "./scope";
import { SESSION_KEY } from "./session";
import type { HomeData, Project, Setup } from "./types";

export const projectPath = (id: number, rest = ""): string => `/api/wk/projects/${id}${rest}`;

/** Everything on Home, in one request. */
export function useHome(
  scope: Scope,
  backMs: number,
): { value: Loaded<HomeData>; refreshing: boolean } {
  const { project, range, environment } = scope;
  return useLoaded({
    key: projectKey(
      project.id,
      ["samples", "issues", "alerts", "targets", "setup"],
      "home",
      range,
      environment,
      backMs,
    ),
    fetch: (signal) => {
      const span = spanNow(range);
      const query = { from: span.fromMs, to: span.toMs, env: environment, back_ms: backMs };
      return call<HomeData>("GET", projectPath(project.id, "/home"), { query, signal });
    },
    keepPrevious: true,
  });
}

/** Addresses and keys to copy, what arrived so far, and what was refused. */
export function useSetup(projectId: number): Loaded<Setup> {
  return useLoaded({
    key: projectKey(projectId, ["setup", "issues", "samples"], "setup"),
    fetch: (signal) => call<Setup>("GET", projectPath(projectId, "/setup"), { signal }),
  }).value;
}

type ProjectChange = {
  name?: string;
  timezone?: string;
  environments?: string[];
  grouping_version?: number;
};

export function useChangeProject(
  id: number,
): ReturnType<typeof useMutation<Project, Error, ProjectChange>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ProjectChange) => call<Project>("PATCH", projectPath(id), { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: SESSION_KEY }),
  });
}

type NewProject = { name: string; timezone: string };

export function useCreateProject(
  org: string,
): ReturnType<typeof useMutation<Project, Error, NewProject>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewProject) =>
      call<Project>("POST", `/api/wk/orgs/${org}/projects`, { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: SESSION_KEY }),
  });
}

/** Sends one error through the whole road, to see that it works. */
export function useTestError(
  projectId: number,
): ReturnType<typeof useMutation<unknown, Error, void>> {
  return useMutation({ mutationFn: () => call("POST", projectPath(projectId, "/test-error")) });
}
