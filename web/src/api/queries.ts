import {
  type InfiniteData,
  type keepPreviousData,
  QueryClient,
  type QueryKey,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { useMemo } from "react";
import type { Failure, Loaded } from "@/lib/loaded";
import { ApiError } from "./client";
import type { Topic } from "./types";

/**
 * Keys of what belongs to a project: `["project", id, topics, …]`. The live stream reads the topics,
 * so a hook that names them is fresh within a second and needs no timer.
 */
export const projectKey = (
  id: number,
  topics: readonly Topic[],
  ...rest: readonly unknown[]
): QueryKey => ["project", id, topics, ...rest];

const RETRIES = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 300_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < RETRIES && mayRetry(error),
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
    },
  });
}

const mayRetry = (error: Error): boolean =>
  error instanceof ApiError &&
  (error.status === 503 || error.status === 502 || error.code === "unreachable");

/** An error in the words and with the marks that people can report. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ApiError)
    return {
      code: error.code,
      message: error.message,
      requestId: error.requestId,
      field: error.field,
      position: error.position,
    };
  return {
    code: "unexpected",
    message: error instanceof Error ? error.message : "Something failed.",
    requestId: null,
  };
}

interface LoadedOptions<T, R> {
  key: QueryKey;
  fetch: (signal: AbortSignal) => Promise<T>;
  /** Picks what the component draws; runs only when the answer changes. */
  select?: (data: T) => R;
  isEmpty?: (data: R) => boolean;
  enabled?: boolean;
  staleMs?: number;
  /** Keep drawing the last answer of the same project while the next is fetched (a new range, a next page). */
  keepPrevious?: boolean;
}

/**
 * Fetches, and says it as one of the four states. `refreshing`: what is drawn belongs to the last
 * question and the new answer is under way (the thin progress line); live updates do not set it.
 */
export function useLoaded<T, R = T>(
  options: LoadedOptions<T, R>,
): { value: Loaded<R>; refreshing: boolean } {
  const result = useQuery<T, Error, R>({
    queryKey: options.key,
    queryFn: ({ signal }) => options.fetch(signal),
    enabled: options.enabled ?? true,
    ...(options.select ? { select: options.select } : {}),
    ...(options.staleMs !== undefined ? { staleTime: options.staleMs } : {}),
    ...(options.keepPrevious ? { placeholderData: sameProject(options.key) } : {}),
  });
  return { value: toLoaded(result, options.isEmpty), refreshing: result.isPlaceholderData };
}

function sameProject(key: QueryKey): typeof keepPreviousData {
  const keep = (previous: unknown, query?: { queryKey: QueryKey }): unknown =>
    query?.queryKey[1] === key[1] ? previous : undefined;
  return keep as typeof keepPreviousData;
}

/** At least one of it. */
export type Filled<T> = readonly [T, ...T[]];

/** A list that is fetched page after page. */
export interface Pages<T> {
  readonly value: Loaded<T>;
  /** What is drawn answers the last question; the new answer is under way. */
  readonly refreshing: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
}

interface PagesOptions<Page, Cursor, T> {
  key: QueryKey;
  fetch: (cursor: Cursor, signal: AbortSignal) => Promise<Page>;
  /** What the first page is asked with, and what the one after `page`; null ends the list. */
  first: Cursor;
  next: (page: Page) => Cursor | null | undefined;
  /** One list of all pages; the same function at each call, or the list is made anew. */
  listOf: (pages: Filled<Page>) => T;
  isEmpty?: (list: T) => boolean;
  staleMs?: number;
}

/** Fetches a list page after page, and says it as one of the four states. */
export function usePages<Page, Cursor, T>(options: PagesOptions<Page, Cursor, T>): Pages<T> {
  const { listOf, isEmpty } = options;
  const result = useInfiniteQuery<Page, Error, InfiniteData<Page, Cursor>, QueryKey, Cursor>({
    queryKey: options.key,
    queryFn: ({ pageParam, signal }) => options.fetch(pageParam as Cursor, signal),
    initialPageParam: options.first,
    getNextPageParam: (last) => options.next(last),
    placeholderData: sameProject(options.key) as typeof keepPreviousData,
    ...(options.staleMs !== undefined ? { staleTime: options.staleMs } : {}),
  });
  const pages = result.data?.pages;
  const list = useMemo(() => (isFilled(pages) ? listOf(pages) : undefined), [pages, listOf]);
  const { error, refetch } = result;
  return {
    value: toLoaded({ data: list, error, refetch }, isEmpty),
    refreshing: result.isPlaceholderData,
    hasMore: result.hasNextPage,
    isLoadingMore: result.isFetchingNextPage,
    loadMore: () => void result.fetchNextPage(),
  };
}

const isFilled = <T>(pages: readonly T[] | undefined): pages is Filled<T> =>
  pages?.[0] !== undefined;

interface Answer<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** A query's result as one of the four states; old data stays when a refetch fails, and says so. */
export function toLoaded<T>(result: Answer<T>, isEmpty?: (data: T) => boolean): Loaded<T> {
  const { data, error } = result;
  if (data === undefined) {
    if (error)
      return { state: "failed", failure: toFailure(error), retry: () => void result.refetch() };
    return { state: "loading" };
  }
  if (isEmpty?.(data)) return { state: "empty" };
  return error ? { state: "ready", data, stale: toFailure(error) } : { state: "ready", data };
}
