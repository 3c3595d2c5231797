import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call, type Query, queryString } from "./client";
import type {
  LogCompletions,
  LogContext,
  LogFacets,
  LogHistogram,
  LogLine,
  LogPage,
  LogPatterns,
  LogTailBatch,
  SavedLogQueries,
  SavedLogQuery,
} from "./log-types";
import { projectPath } from "./projects";
import { type Filled, type Pages, projectKey, useLoaded, usePages } from "./queries";
import { type Scope, spanNow } from "./scope";

export type * from "./log-types";

/** Which lines: a range and the search, into which the page's environment and release are written. */
export interface LogFilter {
  readonly range: TimeRange;
  readonly q: string;
}

/** The scope's environment and release are terms like any other. */
export function logFilterOf({ range, environment, release }: Scope, q: string): LogFilter {
  const terms = [
    environment ? `environment:${JSON.stringify(environment)}` : "",
    release ? `release:${JSON.stringify(release)}` : "",
  ].filter(Boolean);
  if (terms.length === 0 || q.trim() === "") return { range, q: q.trim() || terms.join(" ") };
  return { range, q: `(${q.trim()}) ${terms.join(" ")}` };
}

const queryOf = ({ range, q }: LogFilter): Query => {
  const { fromMs, toMs } = spanNow(range);
  return { from: fromMs, to: toMs, q };
};

export interface LogList {
  readonly rows: readonly LogLine[];
  /** What the bodies were searched for, in lower case. */
  readonly words: readonly string[];
}

export type LogPages = Pages<LogList>;

const PAGE_ROWS = 200;

const linesOf = (pages: Filled<LogPage>): LogList => ({
  rows: pages.flatMap((page) => page.lines),
  words: pages[0].words,
});

/** Lines that match, newest first, page after page; live while `isLive`. */
export function useLogPages(projectId: number, filter: LogFilter, isLive: boolean): LogPages {
  return usePages({
    key: projectKey(projectId, isLive ? ["logs"] : [], "log-list", filter),
    fetch: (cursor, signal) =>
      call<LogPage>("GET", projectPath(projectId, "/logs"), {
        query: { ...queryOf(filter), cursor, limit: PAGE_ROWS },
        signal,
      }),
    first: "",
    next: (page) => page.next_cursor,
    listOf: linesOf,
    staleMs: 10_000,
  });
}

/** Lines by time and severity. */
export function useLogHistogram(
  projectId: number,
  filter: LogFilter,
): { value: Loaded<LogHistogram>; refreshing: boolean } {
  return useLoaded<LogHistogram>({
    key: projectKey(projectId, ["logs"], "log-histogram", filter),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/logs/histogram"), {
        query: { ...queryOf(filter), buckets: 96 },
        signal,
      }),
    keepPrevious: true,
    staleMs: 5_000,
  });
}

/** The commonest values of fields among the lines that match. */
export function useLogFacets(
  projectId: number,
  filter: LogFilter,
  fields: readonly string[],
): { value: Loaded<LogFacets>; refreshing: boolean } {
  return useLoaded<LogFacets>({
    key: projectKey(projectId, [], "log-facets", filter, fields),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/logs/facets"), {
        query: { ...queryOf(filter), field: fields, limit: 8 },
        signal,
      }),
    keepPrevious: true,
    staleMs: 15_000,
  });
}

/** What may stand at a place of the search. */
export function useLogCompletions(
  projectId: number,
  range: TimeRange,
  typing: { text: string; cursor: number },
): { text: string; answer: LogCompletions } | null {
  const { value } = useLoaded<{ text: string; answer: LogCompletions }>({
    key: projectKey(projectId, [], "log-completion", range, typing),
    fetch: async (signal) => ({
      text: typing.text,
      answer: await call<LogCompletions>("GET", projectPath(projectId, "/logs/completion"), {
        query: { ...queryOf({ range, q: typing.text }), position: typing.cursor },
        signal,
      }),
    }),
    enabled: typing.text !== "",
    staleMs: 60_000,
  });
  return value.state === "ready" ? value.data : null;
}

/** Lines that say the same, counted. */
export function useLogPatterns(
  projectId: number,
  filter: LogFilter,
): { value: Loaded<LogPatterns>; refreshing: boolean } {
  return useLoaded<LogPatterns>({
    key: projectKey(projectId, [], "log-patterns", filter),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/logs/patterns"), {
        query: { ...queryOf(filter), limit: 200 },
        signal,
      }),
    keepPrevious: true,
    staleMs: 15_000,
  });
}

/** Lines before and after one, of the same service, host or file. */
export function useLogContext(
  projectId: number,
  lineId: string,
  by: string,
  size: number,
): Loaded<LogContext> {
  return useLoaded<LogContext>({
    key: projectKey(projectId, [], "log-context", lineId, by, size),
    fetch: (signal) =>
      call("GET", projectPath(projectId, `/logs/lines/${encodeURIComponent(lineId)}/context`), {
        query: { before: size, after: size, by },
        signal,
      }),
    keepPrevious: true,
    staleMs: 60_000,
  }).value;
}

/** The newest line of all, to tell "never sent" from "not in this range". */
export function useLastLine(projectId: number): Loaded<LogLine | null> {
  return useLoaded<LogPage, LogLine | null>({
    key: projectKey(projectId, ["logs"], "last-line"),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/logs"), {
        query: { ...queryOf({ range: { from: "now-365d", to: "now" }, q: "" }), limit: 1 },
        signal,
      }),
    select: (page) => page.lines[0] ?? null,
  }).value;
}

/** Lines that carry a trace's id, the oldest first. */
export function useTraceLogs(
  projectId: number,
  traceId: string,
  range: TimeRange,
  enabled: boolean,
): Loaded<readonly LogLine[]> {
  return useLoaded<LogPage, readonly LogLine[]>({
    key: projectKey(projectId, [], "trace-logs", traceId),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/logs"), {
        query: { ...queryOf({ range, q: `trace:${traceId}` }), order: "oldest", limit: PAGE_ROWS },
        signal,
      }),
    select: (page) => page.lines,
    isEmpty: (lines) => lines.length === 0,
    enabled,
    staleMs: 30_000,
  }).value;
}

/** Where the lines that match can be had as a file. */
export const exportUrl = (projectId: number, filter: LogFilter, format: "ndjson" | "csv"): string =>
  projectPath(projectId, "/logs/export") + queryString({ ...queryOf(filter), format });

/** Searches that are counted as series. */
export function useSavedLogQueries(projectId: number): Loaded<SavedLogQueries> {
  return useLoaded<SavedLogQueries>({
    key: projectKey(projectId, [], "log-queries"),
    fetch: (signal) => call("GET", projectPath(projectId, "/logs/queries"), { signal }),
  }).value;
}

type NewQuery = { name: string; q: string };

export function useSaveLogQuery(
  projectId: number,
): ReturnType<typeof useMutation<SavedLogQuery, Error, NewQuery>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewQuery) =>
      call<SavedLogQuery>("POST", projectPath(projectId, "/logs/queries"), { body }),
    onSuccess: () =>
      client.invalidateQueries({ queryKey: projectKey(projectId, [], "log-queries") }),
  });
}

export function useDeleteLogQuery(
  projectId: number,
): ReturnType<typeof useMutation<unknown, Error, number>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => call("DELETE", projectPath(projectId, `/logs/queries/${id}`)),
    onSuccess: () =>
      client.invalidateQueries({ queryKey: projectKey(projectId, [], "log-queries") }),
  });
}

export interface Tail {
  /** The newest last; at most `MOST_TAIL`. */
  readonly lines: readonly LogLine[];
  readonly state: "connecting" | "connected" | "lost";
  /** Matching lines a second, and those left out as too many came at once. */
  readonly rate: number;
  readonly skipped: number;
}

const MOST_TAIL = 2_000;
const QUIET: Tail = { lines: [], state: "connecting", rate: 0, skipped: 0 };

/** Lines as they arrive, while `on`. The browser connects again by itself. */
export function useLogTail(projectId: number, q: string, on: boolean): Tail {
  const [tail, setTail] = useState<Tail>(QUIET);
  const seen = useRef(new Set<string>());
  useEffect(() => {
    if (!on) return;
    setTail(QUIET);
    seen.current = new Set();
    const source = new EventSource(projectPath(projectId, "/logs/tail") + queryString({ q }));
    source.onopen = () => setTail((old) => ({ ...old, state: "connected" }));
    source.onerror = () => setTail((old) => ({ ...old, state: "lost" }));
    source.addEventListener("lines", (event: MessageEvent<string>) => {
      const batch = JSON.parse(event.data) as LogTailBatch;
      const fresh = batch.lines.filter(({ id }) => !seen.current.has(id));
      for (const { id } of fresh) seen.current.add(id);
      setTail((old) => added(old, fresh, batch));
    });
    return () => source.close();
  }, [projectId, q, on]);
  return tail;
}

const added = (old: Tail, fresh: readonly LogLine[], batch: LogTailBatch): Tail => ({
  lines: fresh.length > 0 ? [...old.lines, ...fresh].slice(-MOST_TAIL) : old.lines,
  state: "connected",
  rate: batch.rate,
  skipped: old.skipped + batch.skipped,
});
