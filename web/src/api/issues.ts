import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call } from "./client";
import { projectPath } from "./projects";
import { type Filled, type Pages, projectKey, useLoaded, usePages } from "./queries";
import type { components } from "./schema";
import { spanNow } from "./scope";
import type { IssuePage, IssueRow } from "./types";

type Schemas = components["schemas"];
export type IssueDetail = Schemas["IssueDetail"];
export type IssueEvent = Schemas["EventAnswer"];
export type Stacks = Schemas["StacksAnswer"];
export type StackException = Schemas["ShownExceptionAnswer"];
export type StackThread = Schemas["ShownThreadAnswer"];
export type StackFrame = Schemas["ShownFrameAnswer"];
export type Breadcrumb = Schemas["Breadcrumb"];
export type TagFacet = Schemas["TagFacet"];
export type ActivityEntry = Schemas["ActivityEntry"];
export type IssueSort = "last_seen" | "first_seen" | "events" | "users";

export interface IssueFilter {
  readonly range: TimeRange;
  /** In the search language. */
  readonly q: string;
  readonly environment: string | null;
  readonly release: string | null;
  readonly sort: IssueSort;
}

export interface IssueList {
  readonly rows: readonly IssueRow[];
  readonly total: number;
  readonly stats: IssuePage["stats"];
  /** What the search may have meant. */
  readonly hints: readonly string[];
}

const PAGE_ROWS = 50;
export const LIST = "issue-list";

const issuesOf = (pages: Filled<IssuePage>): IssueList => {
  const { total, stats, hints } = pages[0];
  return { rows: pages.flatMap((page) => page.issues), total, stats, hints };
};

/** Issues that match, page after page; live. */
export function useIssuePages(projectId: number, filter: IssueFilter): Pages<IssueList> {
  return usePages({
    key: projectKey(projectId, ["issues"], LIST, filter),
    fetch: (cursor, signal) => fetchIssues(projectId, filter, cursor, signal),
    first: "",
    next: (page) => page.next_cursor,
    listOf: issuesOf,
  });
}

function fetchIssues(
  projectId: number,
  filter: IssueFilter,
  cursor: string,
  signal: AbortSignal,
): Promise<IssuePage> {
  const span = spanNow(filter.range);
  const query = {
    from: span.fromMs,
    to: span.toMs,
    q: filter.q,
    env: filter.environment,
    release: filter.release,
    sort: filter.sort,
    cursor,
    limit: PAGE_ROWS,
  };
  return call("GET", projectPath(projectId, "/issues"), { query, signal });
}

/** How many issues match, and the first of them. */
export function useIssueTotal(
  projectId: number,
  filter: IssueFilter,
  enabled: boolean,
  limit = 1,
): Loaded<IssuePage> {
  return useLoaded<IssuePage>({
    key: projectKey(projectId, ["issues"], "issue-total", filter, limit),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(filter.range);
      return call("GET", projectPath(projectId, "/issues"), {
        query: {
          from: fromMs,
          to: toMs,
          q: filter.q,
          env: filter.environment,
          release: filter.release,
          sort: filter.sort,
          limit,
        },
        signal,
      });
    },
    enabled,
  }).value;
}

const detailKey = (projectId: number, shortId: string, range: TimeRange) =>
  projectKey(projectId, ["issues"], "issue", shortId, range);

function fetchDetail(
  projectId: number,
  shortId: string,
  range: TimeRange,
  signal: AbortSignal,
): Promise<IssueDetail> {
  const span = spanNow(range);
  return call("GET", issuePath(projectId, shortId), {
    query: { from: span.fromMs, to: span.toMs },
    signal,
  });
}

export const issuePath = (projectId: number, shortId: string, rest = ""): string =>
  projectPath(projectId, `/issues/${encodeURIComponent(shortId)}${rest}`);

export function useIssue(
  projectId: number,
  shortId: string,
  range: TimeRange,
): { value: Loaded<IssueDetail>; refreshing: boolean } {
  return useLoaded({
    key: detailKey(projectId, shortId, range),
    fetch: (signal) => fetchDetail(projectId, shortId, range, signal),
  });
}

const eventKey = (projectId: number, shortId: string, which: string) =>
  projectKey(projectId, ["issues"], "issue-event", shortId, which);

const fetchEvent = (
  projectId: number,
  shortId: string,
  which: string,
  signal: AbortSignal,
): Promise<IssueEvent> =>
  call("GET", issuePath(projectId, shortId, `/events/${encodeURIComponent(which)}`), { signal });

/** One event: an id, or `recommended`, `latest`, `oldest`. */
export function useIssueEvent(
  projectId: number,
  shortId: string,
  which: string,
): { value: Loaded<IssueEvent>; refreshing: boolean } {
  const key = eventKey(projectId, shortId, which);
  return useLoaded({
    key,
    fetch: (signal) => fetchEvent(projectId, shortId, which, signal),
    keepPrevious: true,
  });
}

/** Fetches an issue and its event before it is opened. */
export function usePrefetchIssue(projectId: number, range: TimeRange): (shortId: string) => void {
  const client = useQueryClient();
  return useCallback(
    (shortId) => {
      void client.prefetchQuery({
        queryKey: detailKey(projectId, shortId, range),
        queryFn: ({ signal }) => fetchDetail(projectId, shortId, range, signal),
      });
      void client.prefetchQuery({
        queryKey: eventKey(projectId, shortId, "recommended"),
        queryFn: ({ signal }) => fetchEvent(projectId, shortId, "recommended", signal),
      });
    },
    [client, projectId, range],
  );
}
