/** Releases and deploys of a project. */
import { type Loaded, mapLoaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { type Scope, spanNow } from "./scope";

type Schemas = components["schemas"];
export type Release = Schemas["ReleaseAnswer"];
export type Deploy = Schemas["DeployAnswer"];
export type Commit = Schemas["CommitAnswer"];

/** A page of releases, the newest first; their errors are those of the range. */
export function useReleases(
  scope: Scope,
  q: string,
  offset: number,
): { value: Loaded<Schemas["ReleasesAnswer"]>; refreshing: boolean } {
  const { project, range, environment } = scope;
  return useLoaded({
    key: projectKey(project.id, ["issues"], "releases", range, environment, q, offset),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<Schemas["ReleasesAnswer"]>("GET", projectPath(project.id, "/releases"), {
        query: { from: fromMs, to: toMs, q, env: environment, offset, limit: 50 },
        signal,
      });
    },
    keepPrevious: true,
  });
}

const releasePath = (projectId: number, version: string, rest = ""): string =>
  projectPath(projectId, `/releases/${encodeURIComponent(version)}${rest}`);

export function useRelease(scope: Scope, version: string): Loaded<Release> {
  const { project, range } = scope;
  return useLoaded({
    key: projectKey(project.id, ["issues"], "release", range, version),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<Release>("GET", releasePath(project.id, version), {
        query: { from: fromMs, to: toMs },
        signal,
      });
    },
    enabled: version !== "",
    keepPrevious: true,
  }).value;
}

export function useCommits(projectId: number, version: string): Loaded<Schemas["CommitsAnswer"]> {
  return useLoaded({
    key: projectKey(projectId, ["issues"], "commits", version),
    fetch: (signal) =>
      call<Schemas["CommitsAnswer"]>("GET", releasePath(projectId, version, "/commits"), {
        signal,
      }),
    enabled: version !== "",
  }).value;
}

export type ReleaseHealth = Schemas["ReleaseHealthAnswer"];
export type Health = Schemas["HealthAnswer"];
export type Artifact = Schemas["ArtifactAnswer"];

/** Sessions of a release over the range, beside the release before it. */
export function useReleaseHealth(scope: Scope, version: string): Loaded<ReleaseHealth> {
  const { project, range, environment } = scope;
  return useLoaded({
    key: projectKey(project.id, ["envelopes"], "release-health", range, environment, version),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<ReleaseHealth>("GET", releasePath(project.id, version, "/health"), {
        query: { from: fromMs, to: toMs, env: environment },
        signal,
      });
    },
    enabled: version !== "",
    keepPrevious: true,
  }).value;
}

/** Files that were uploaded for a release, by address. */
export function useArtifacts(
  projectId: number,
  version: string,
  offset: number,
): Loaded<Schemas["ArtifactsAnswer"]> {
  return useLoaded({
    key: projectKey(projectId, ["issues"], "artifacts", version, offset),
    fetch: (signal) =>
      call<Schemas["ArtifactsAnswer"]>("GET", releasePath(projectId, version, "/artifacts"), {
        query: { limit: 50, offset },
        signal,
      }),
    enabled: version !== "",
    keepPrevious: true,
  }).value;
}

/** Deploys of the range, for charts to mark. */
export function useDeploys(
  projectId: number,
  range: TimeRange,
  environment: string | null = null,
): readonly Deploy[] {
  const { value } = useLoaded<Schemas["DeploysAnswer"]>({
    key: projectKey(projectId, ["issues"], "deploys", range, environment),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call("GET", projectPath(projectId, "/deploys"), {
        query: { from: fromMs, to: toMs, env: environment },
        signal,
      });
    },
    keepPrevious: true,
  });
  return value.state === "ready" ? value.data.deploys : NONE;
}

const NONE: readonly Deploy[] = [];

const WEEK_MS = 7 * 86_400_000;

/** Deploys of the last seven days, the newest first. */
export function useRecentDeploys(
  projectId: number,
  environment: string | null,
): Loaded<readonly Deploy[]> {
  const { value } = useLoaded<Schemas["DeploysAnswer"]>({
    key: projectKey(projectId, ["issues"], "recent-deploys", environment),
    fetch: (signal) => {
      const now = Date.now();
      return call("GET", projectPath(projectId, "/deploys"), {
        query: { from: now - WEEK_MS, to: now, env: environment },
        signal,
      });
    },
    keepPrevious: true,
  });
  return mapLoaded(value, ({ deploys }) => deploys);
}
