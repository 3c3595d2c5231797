import {
  type InfiniteData,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, toFailure, useLoaded } from "./queries";
import type { components } from "./schema";
import { spanNow } from "./scope";
import type { IssuePage, IssueRow, IssueStatus, Severity } from "./types";

type Schemas = components["schemas"];
export type IssueDetail = Schemas["IssueDetail"];
export type IssueEvent = Schemas["EventAnswer"];
export type StackException = Schemas["ExceptionAnswer"];
export type StackFrame = Schemas["Frame"];
export type Breadcrumb = Schemas["Breadcrumb"];
export type TagFacet = Schemas["TagFacet"];
export type ActivityEntry = Schemas["ActivityEntry"];
export type IssueSort = "last_seen" | "first_seen" | "events" | "users";

export interface IssueFilter {
  readonly range: TimeRange;
  readonly status: IssueStatus | null;
  readonly severity: Severity | null;
  readonly q: string;
  readonly environment: string | null;
  readonly release: string | null;
  readonly sort: IssueSort;
}

export interface IssueList {
  readonly rows: readonly IssueRow[];
  readonly total: number;
  readonly stats: IssuePage["stats"];
}

interface IssuePages {
  readonly value: Loaded<IssueList>;
  /** What is drawn answers the last question; the new answer is under way. */
  readonly refreshing: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
}

const PAGE_ROWS = 50;
const LIST = "issue-list";

/** Issues that match, page after page; live. */
export function useIssuePages(projectId: number, filter: IssueFilter): IssuePages {
  const result = useInfiniteQuery({
    queryKey: projectKey(projectId, ["issues"], LIST, filter),
    queryFn: ({ pageParam, signal }) => fetchIssues(projectId, filter, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last: IssuePage) => last.next_cursor,
    placeholderData: (previous, query) => (query?.queryKey[1] === projectId ? previous : undefined),
  });
  return {
    value: listOf(result.data, result.error, () => void result.refetch()),
    refreshing: result.isPlaceholderData,
    hasMore: result.hasNextPage,
    isLoadingMore: result.isFetchingNextPage,
    loadMore: () => void result.fetchNextPage(),
  };
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
    status: filter.status,
    severity: filter.severity,
    q: filter.q,
    env: filter.environment,
    release: filter.release,
    sort: filter.sort,
    cursor,
    limit: PAGE_ROWS,
  };
  return call("GET", projectPath(projectId, "/issues"), { query, signal });
}

function listOf(
  data: InfiniteData<IssuePage> | undefined,
  error: Error | null,
  retry: () => void,
): Loaded<IssueList> {
  const first = data?.pages[0];
  if (data === undefined || first === undefined)
    return error ? { state: "failed", failure: toFailure(error), retry } : { state: "loading" };
  const rows = data.pages.flatMap((page) => page.issues);
  const list = { rows, total: first.total, stats: first.stats };
  return error
    ? { state: "ready", data: list, stale: toFailure(error) }
    : { state: "ready", data: list };
}

/** How many issues match with fewer filters; says which filter hides the most. */
export function useIssueTotal(
  projectId: number,
  filter: IssueFilter,
  enabled: boolean,
): Loaded<IssuePage> {
  return useLoaded<IssuePage>({
    key: projectKey(projectId, ["issues"], "issue-total", filter),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(filter.range);
      return call("GET", projectPath(projectId, "/issues"), {
        query: {
          from: fromMs,
          to: toMs,
          status: filter.status,
          severity: filter.severity,
          q: filter.q,
          env: filter.environment,
          release: filter.release,
          limit: 1,
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

const issuePath = (projectId: number, shortId: string, rest = ""): string =>
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

/** What may be changed; `assignee_email` "" takes the assignee away. */
export type IssueChange = {
  status?: IssueStatus;
  severity?: Severity;
  assignee_email?: string;
};

export type ChangeIssues = (shortIds: readonly string[], change: IssueChange) => Promise<void>;

/** Changes issues at once on the page, then on the server; a refusal puts the page right again. */
export function useChangeIssues(projectId: number): ChangeIssues {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: ({ ids, change }: { ids: readonly string[]; change: IssueChange }) =>
      call("POST", projectPath(projectId, "/issues/bulk"), {
        body: { short_ids: ids, ...change },
      }),
    onMutate: ({ ids, change }) => patchCache(client, projectId, new Set(ids), change),
    onSettled: () =>
      client.invalidateQueries({ predicate: ({ queryKey }) => isIssues(queryKey, projectId) }),
  });
  const { mutateAsync } = mutation;
  return useCallback(
    async (ids, change) => {
      await mutateAsync({ ids, change });
    },
    [mutateAsync],
  );
}

const isIssues = (key: readonly unknown[], projectId: number): boolean =>
  key[0] === "project" &&
  key[1] === projectId &&
  Array.isArray(key[2]) &&
  key[2].includes("issues");

function patchCache(
  client: ReturnType<typeof useQueryClient>,
  projectId: number,
  ids: ReadonlySet<string>,
  change: IssueChange,
): void {
  const patch = <Row extends IssueRow>(row: Row): Row =>
    ids.has(row.short_id) ? applied(row, change) : row;
  const ofList = (key: readonly unknown[]): boolean => key[1] === projectId && key[3] === LIST;
  client.setQueriesData<InfiniteData<IssuePage>>(
    { predicate: ({ queryKey }) => ofList(queryKey) },
    (old) =>
      old && {
        ...old,
        pages: old.pages.map((page) => ({ ...page, issues: page.issues.map(patch) })),
      },
  );
  client.setQueriesData<IssueDetail>(
    { predicate: ({ queryKey }) => queryKey[1] === projectId && queryKey[3] === "issue" },
    (old) => old && patch(old),
  );
}

/** A row after the change, as the server will say it. */
export function applied<Row extends IssueRow>(row: Row, change: IssueChange): Row {
  return {
    ...row,
    ...(change.status ? { status: change.status, is_regressed: false } : {}),
    ...(change.severity ? { severity: change.severity } : {}),
    ...(change.assignee_email === undefined ? {} : { assignee: change.assignee_email || null }),
  };
}
