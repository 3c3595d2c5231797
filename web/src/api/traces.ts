import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call, type Query } from "./client";
import { projectPath } from "./projects";
import { type Filled, type Pages, projectKey, useLoaded, usePages } from "./queries";
import type { components } from "./schema";
import { type Scope, spanNow } from "./scope";

type Schemas = components["schemas"];
export type TraceItem = Schemas["TraceItem"];
export type TracesPage = Schemas["TracePage"];
export type TraceOverview = Schemas["TraceOverview"];
export type Trace = Schemas["Trace"];
export type TraceProblem = Schemas["TraceProblem"];
export type SpanRows = Schemas["SpanColumns"];
export type SpanDetail = Schemas["SpanDetail"];
export type SearchFields = Schemas["SearchFields"];
export type SearchValues = Schemas["SearchValues"];
export type TraceSort = "newest" | "slowest";

/** Which traces: the scope and what the page narrows further. */
export interface TraceFilter {
  readonly range: TimeRange;
  readonly environment: string | null;
  readonly release: string | null;
  readonly q: string;
  /** Milliseconds; null is open. */
  readonly minMs: number | null;
  readonly maxMs: number | null;
}

export const traceFilterOf = (
  { range, environment, release }: Scope,
  rest: Pick<TraceFilter, "q" | "minMs" | "maxMs">,
): TraceFilter => ({ range, environment, release, ...rest });

function queryOf({ range, environment, release, q, minMs, maxMs }: TraceFilter): Query {
  const { fromMs, toMs } = spanNow(range);
  return { from: fromMs, to: toMs, env: environment, release, q, min_ms: minMs, max_ms: maxMs };
}

export interface TraceList {
  readonly rows: readonly TraceItem[];
  /** How far back the search has come (ms). */
  readonly searchedFromMs: number;
  readonly isPartial: boolean;
}

export type TracePages = Pages<TraceList>;

const PAGE_ROWS = 50;

/** A trace that goes on may stand on two pages; it is shown once. */
function tracesOf(pages: Filled<TracesPage>, sort: TraceSort): TraceList {
  const last = pages.at(-1) ?? pages[0];
  const seen = new Set<string>();
  const rows = pages
    .flatMap((page) => page.traces)
    .filter(({ trace_id: id }) => !seen.has(id) && seen.add(id));
  // Pages of the slowest come stretch after stretch of time, each with its own order.
  if (sort === "slowest") rows.sort((one, other) => other.duration_ns - one.duration_ns);
  return { rows, searchedFromMs: last.searched_from_ms, isPartial: last.is_partial };
}

/** Traces that match, page after page; live while the range ends now. */
export function useTracePages(projectId: number, filter: TraceFilter, sort: TraceSort): TracePages {
  return usePages({
    key: projectKey(projectId, ["spans"], "trace-list", filter, sort),
    fetch: (cursor, signal) =>
      call<TracesPage>("GET", projectPath(projectId, "/traces"), {
        query: { ...queryOf(filter), sort, cursor, limit: PAGE_ROWS },
        signal,
      }),
    first: "",
    next: (page) => page.next_cursor,
    listOf: (pages) => tracesOf(pages, sort),
    staleMs: 10_000,
  });
}

/** The histogram and the scatter of the same search. */
export function useTraceOverview(
  projectId: number,
  filter: TraceFilter,
): { value: Loaded<TraceOverview>; refreshing: boolean } {
  return useLoaded<TraceOverview>({
    key: projectKey(projectId, ["spans"], "trace-overview", filter),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/traces/overview"), { query: queryOf(filter), signal }),
    keepPrevious: true,
    staleMs: 10_000,
  });
}

const EVER: TimeRange = { from: "now-365d", to: "now" };

/** The newest trace of all, to tell "never sent" from "not in this range". */
export function useLastTrace(projectId: number, enabled: boolean): Loaded<TraceItem | null> {
  return useLoaded<TracesPage, TraceItem | null>({
    key: projectKey(projectId, ["spans"], "last-trace"),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(EVER);
      return call("GET", projectPath(projectId, "/traces"), {
        query: { from: fromMs, to: toMs, limit: 1 },
        signal,
      });
    },
    select: (page) => page.traces[0] ?? null,
    enabled,
  }).value;
}

/** What the search language knows, for completion. */
export function useTraceFields(projectId: number, range: TimeRange): SearchFields | null {
  const { value } = useLoaded<SearchFields>({
    key: projectKey(projectId, [], "trace-fields", range),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call("GET", projectPath(projectId, "/traces/fields"), {
        query: { from: fromMs, to: toMs },
        signal,
      });
    },
    staleMs: 60_000,
  });
  return value.state === "ready" ? value.data : null;
}

/** Values of one field that begin with `prefix`, the commonest first; none without a field. */
export function useTraceValues(
  projectId: number,
  range: TimeRange,
  field: string,
  prefix: string,
): SearchValues["values"] {
  const { value } = useLoaded<SearchValues>({
    key: projectKey(projectId, [], "trace-values", range, field, prefix),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call("GET", projectPath(projectId, "/traces/values"), {
        query: { from: fromMs, to: toMs, field, prefix, limit: 20 },
        signal,
      });
    },
    enabled: field !== "",
    staleMs: 60_000,
  });
  return value.state === "ready" ? value.data.values : [];
}

const traceKey = (projectId: number, id: string, isAdjusted: boolean) =>
  projectKey(projectId, [], "trace", id, isAdjusted);

function fetchTrace(
  projectId: number,
  id: string,
  isAdjusted: boolean,
  signal: AbortSignal,
): Promise<Trace> {
  return call("GET", projectPath(projectId, `/traces/${encodeURIComponent(id)}`), {
    query: { adjust_skew: isAdjusted },
    signal,
  });
}

/** One trace, ready to be drawn. */
export function useTrace(projectId: number, id: string, isAdjusted: boolean): Loaded<Trace> {
  return useLoaded<Trace>({
    key: traceKey(projectId, id, isAdjusted),
    fetch: (signal) => fetchTrace(projectId, id, isAdjusted, signal),
    staleMs: 60_000,
    keepPrevious: true,
  }).value;
}

/** Fetches a trace before it is opened. */
export function usePrefetchTrace(projectId: number): (id: string) => void {
  const client = useQueryClient();
  return useCallback(
    (id) => {
      void client.prefetchQuery({
        queryKey: traceKey(projectId, id, true),
        queryFn: ({ signal }) => fetchTrace(projectId, id, true, signal),
        staleTime: 60_000,
      });
    },
    [client, projectId],
  );
}

/** All that is stored of one span; nothing is asked for without an id. */
export function useSpan(projectId: number, traceId: string, spanId: string): Loaded<SpanDetail> {
  return useLoaded<SpanDetail>({
    key: projectKey(projectId, [], "span", traceId, spanId),
    fetch: (signal) =>
      call(
        "GET",
        projectPath(
          projectId,
          `/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`,
        ),
        { signal },
      ),
    enabled: spanId !== "",
    staleMs: 300_000,
  }).value;
}
