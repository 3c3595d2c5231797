import type { Loaded } from "@/lib/loaded";
import { call, type Query } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { type Scope, spanNow } from "./scope";

type Schemas = components["schemas"];
export type Endpoint = Schemas["Endpoint"];
export type EndpointPage = Schemas["EndpointPage"];
export type WeekBefore = Schemas["WeekBefore"];
export type Statement = Schemas["Statement"];
export type StatementPage = Schemas["StatementPage"];
export type PerformanceProblem = Schemas["PerformanceProblem"];
export type ProblemPage = Schemas["ProblemPage"];
export type SlowQueries = Schemas["SlowQueries"];
export type ServiceMap = Schemas["ServiceMap"];
export type MapNode = Schemas["MapNode"];
export type MapEdge = Schemas["MapEdge"];
export type ProfilePage = Schemas["ProfilePage"];
export type ProfileFlame = Schemas["Flame"];
export type Dependency = Schemas["Dependency"];
export type DependencyPage = Schemas["DependencyPage"];

interface Answer<T> {
  readonly value: Loaded<T>;
  readonly refreshing: boolean;
}

/** One answer about the scope's range and environment; `more` narrows it. */
function useRanged<T>(
  scope: Scope,
  path: string,
  more: Query = {},
  options: { isEmpty?: (data: T) => boolean; enabled?: boolean } = {},
): Answer<T> {
  const { project, range, environment } = scope;
  return useLoaded<T>({
    key: projectKey(project.id, ["spans"], path, range, environment, more),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call("GET", projectPath(project.id, path), {
        query: { from: fromMs, to: toMs, env: environment, ...more },
        signal,
      });
    },
    keepPrevious: true,
    staleMs: 30_000,
    ...options,
  });
}

/** Routes with rate, errors and duration; all that match are sorted on the page. */
export const useEndpoints = (scope: Scope, q: string, service: string): Answer<EndpointPage> =>
  useRanged(scope, "/performance/endpoints", { q, service, limit: 200 });

export const useStatements = (scope: Scope, q: string): Answer<StatementPage> =>
  useRanged(scope, "/performance/statements", { q, limit: 200 });

export const useProblems = (scope: Scope): Answer<ProblemPage> =>
  useRanged(scope, "/performance/problems", { limit: 100 });

export const useSlowQueries = (scope: Scope): Answer<SlowQueries> =>
  useRanged(scope, "/performance/slow-queries", { limit: 100 });

export const useDependencies = (scope: Scope, q: string): Answer<DependencyPage> =>
  useRanged(scope, "/performance/dependencies", { q, limit: 200 });

export const useServiceMap = (scope: Scope): Answer<ServiceMap> =>
  useRanged<ServiceMap>(
    scope,
    "/performance/map",
    {},
    {
      isEmpty: (map) => map.nodes.length === 0,
    },
  );

export const useProfiles = (scope: Scope): Answer<ProfilePage> =>
  useRanged<ProfilePage>(
    scope,
    "/profiles",
    { release: scope.release, limit: 100 },
    { isEmpty: (page) => page.profiles.length === 0 },
  );

/** Profiles of one transaction (or of all), merged; or one profile by its id. */
export function useFlame(
  scope: Scope,
  which: { profile: string; transaction: string; thread: string; kind: string },
): Answer<ProfileFlame> {
  const { profile, ...rest } = which;
  const { transaction, thread, kind } = rest;
  return useRanged<ProfileFlame>(
    scope,
    profile ? `/profiles/${encodeURIComponent(profile)}` : "/profiles/flame",
    profile ? { thread, kind } : { transaction, thread, kind, release: scope.release },
    { isEmpty: (flame) => flame.nodes.frame.length <= 1 },
  );
}
