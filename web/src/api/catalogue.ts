import { useInfiniteQuery } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, toFailure, useLoaded } from "./queries";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Metric = Schemas["MetricAnswer"];
export type MetricDetail = Schemas["MetricDetailAnswer"];
export type Cardinality = Schemas["CardinalityAnswer"];
type MetricsPage = Schemas["MetricsAnswer"];

export type MetricSort = "name" | "series" | "silent";

export interface MetricFilter {
  readonly text: string;
  readonly type: string;
  readonly sort: MetricSort;
}

export interface MetricList {
  readonly metrics: readonly Metric[];
  /** That match, and all of the project. */
  readonly total: number;
  readonly of: number;
  readonly series: number;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly more: () => void;
}

const PAGE = 100;

/** Metrics that match, a page at a time; more are fetched as they are scrolled to. */
export function useMetricList(projectId: number, filter: MetricFilter): Loaded<MetricList> {
  const result = useInfiniteQuery<MetricsPage, Error>({
    queryKey: projectKey(projectId, ["setup"], "catalogue", filter),
    queryFn: ({ pageParam, signal }) =>
      call<MetricsPage>("GET", projectPath(projectId, "/metrics"), {
        query: {
          q: filter.text,
          type: filter.type,
          sort: filter.sort,
          cursor: pageParam as number,
          limit: PAGE,
        },
        signal,
      }),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 30_000,
    placeholderData: (previous, query) => (query?.queryKey[1] === projectId ? previous : undefined),
  });
  const first = result.data?.pages[0];
  if (first === undefined) {
    if (result.error)
      return {
        state: "failed",
        failure: toFailure(result.error),
        retry: () => void result.refetch(),
      };
    return { state: "loading" };
  }
  if (first.of === 0) return { state: "empty" };
  const data: MetricList = {
    metrics: result.data?.pages.flatMap((page) => page.metrics) ?? [],
    total: first.total,
    of: first.of,
    series: first.series,
    hasMore: result.hasNextPage,
    isLoadingMore: result.isFetchingNextPage,
    more: () => void result.fetchNextPage(),
  };
  return result.error
    ? { state: "ready", data, stale: toFailure(result.error) }
    : { state: "ready", data };
}

/** A few metrics that have every word in name or help. */
export function useMetricSearch(projectId: number, text: string): Loaded<readonly Metric[]> {
  return useLoaded<MetricsPage, readonly Metric[]>({
    key: projectKey(projectId, ["setup"], "metric-search", text),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/metrics"), { query: { q: text, limit: 60 }, signal }),
    select: (page) => page.metrics,
    staleMs: 30_000,
    keepPrevious: true,
  }).value;
}

export function useMetricDetail(projectId: number, metric: string): Loaded<MetricDetail> {
  return useLoaded<MetricDetail>({
    key: projectKey(projectId, [], "metric", metric),
    fetch: (signal) =>
      call("GET", projectPath(projectId, `/metrics/${encodeURIComponent(metric)}`), { signal }),
    enabled: metric !== "",
    staleMs: 30_000,
  }).value;
}

/** Where the series are, and who sends them. */
export function useCardinality(projectId: number): Loaded<Cardinality> {
  return useLoaded<Cardinality>({
    key: projectKey(projectId, ["setup"], "cardinality"),
    fetch: (signal) => call("GET", projectPath(projectId, "/cardinality"), { signal }),
    isEmpty: (found) => found.active_series === 0,
    staleMs: 30_000,
  }).value;
}
