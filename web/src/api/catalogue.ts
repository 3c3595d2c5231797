import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { type Filled, type Pages, projectKey, useLoaded, usePages } from "./queries";
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
}

const PAGE = 100;

const metricsOf = (pages: Filled<MetricsPage>): MetricList => {
  const { total, of, series } = pages[0];
  return { metrics: pages.flatMap((page) => page.metrics), total, of, series };
};

/** Metrics that match, a page at a time; more are fetched as they are scrolled to. */
export function useMetricList(projectId: number, filter: MetricFilter): Pages<MetricList> {
  const { text, type, sort } = filter;
  return usePages({
    key: projectKey(projectId, ["setup"], "catalogue", filter),
    fetch: (cursor, signal) =>
      call<MetricsPage>("GET", projectPath(projectId, "/metrics"), {
        query: { q: text, type, sort, cursor, limit: PAGE },
        signal,
      }),
    first: 0,
    next: (page) => page.next_cursor,
    listOf: metricsOf,
    isEmpty: (list) => list.of === 0,
    staleMs: 30_000,
  });
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
