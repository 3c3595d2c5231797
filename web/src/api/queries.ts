import {
  type keepPreviousData,
  QueryClient,
  type QueryKey,
  type UseQueryResult,
  useQuery,
} from "@tanstack/react-query";
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

/** A query's result as one of the four states; old data stays when a refetch fails, and says so. */
export function toLoaded<T>(
  result: UseQueryResult<T, Error>,
  isEmpty?: (data: T) => boolean,
): Loaded<T> {
  const { data, error } = result;
  if (data === undefined) {
    if (error)
      return { state: "failed", failure: toFailure(error), retry: () => void result.refetch() };
    return { state: "loading" };
  }
  if (isEmpty?.(data)) return { state: "empty" };
  return error ? { state: "ready", data, stale: toFailure(error) } : { state: "ready", data };
}
