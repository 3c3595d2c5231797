/** A project's privacy rules, how long it keeps things, and erasing a person from it. */

import {
  type UseMutationResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, toLoaded, useLoaded } from "./queries";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Policy = Schemas["PolicyAnswer"];
export type PolicyRule = Policy["rules"][number];
export type Preview = Schemas["PreviewAnswer"];
export type SignalDays = Schemas["SignalDays"];
export type SignalSize = Schemas["SignalSize"];
export type Retention = Schemas["RetentionAnswer"];
export type Erasure = Schemas["ErasureAnswer"];

type Change<T, R> = UseMutationResult<R, Error, T>;

const policyKey = (id: number): readonly unknown[] => projectKey(id, [], "privacy");

export function usePolicy(id: number): Loaded<Policy> {
  return useLoaded({
    key: policyKey(id),
    fetch: (signal) => call<Policy>("GET", projectPath(id, "/privacy"), { signal }),
  }).value;
}

export function useSetPolicy(id: number): Change<Policy, Policy> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Policy) => call<Policy>("PUT", projectPath(id, "/privacy"), { body }),
    onSuccess: (saved) => client.setQueryData(policyKey(id), saved),
  });
}

/** What a policy would make of a sample; of the newest stored event where there is none. */
export function usePreview(
  id: number,
  policy: Policy,
  sample: Record<string, unknown> | null,
): { value: Loaded<Preview>; refreshing: boolean } {
  return useLoaded({
    key: projectKey(id, [], "privacy-preview", policy, sample),
    fetch: (signal) =>
      call<Preview>("POST", projectPath(id, "/privacy/preview"), {
        body: { policy, sample },
        signal,
      }),
    isEmpty: (preview) => preview.before === null && preview.problem === null,
    keepPrevious: true,
  });
}

const retentionKey = (id: number): readonly unknown[] => projectKey(id, [], "retention");

export function useRetention(id: number): Loaded<Retention> {
  return useLoaded({
    key: retentionKey(id),
    fetch: (signal) => call<Retention>("GET", projectPath(id, "/retention"), { signal }),
    isEmpty: (answer) => answer.signals.length === 0,
  }).value;
}

/** What each signal takes; counted on demand, so not with the days. */
export function useSizes(id: number): Loaded<ReadonlyMap<string, SignalSize>> {
  return useLoaded({
    key: projectKey(id, [], "retention-sizes"),
    fetch: (signal) =>
      call<Schemas["SizesAnswer"]>("GET", projectPath(id, "/retention/sizes"), { signal }),
    select: (answer) => new Map(answer.signals.map((one) => [one.signal, one])),
    staleMs: 60_000,
  }).value;
}

export function useSetRetention(id: number): Change<Readonly<Record<string, number>>, Retention> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (days: Readonly<Record<string, number>>) =>
      call<Retention>("PUT", projectPath(id, "/retention"), { body: { days } }),
    onSuccess: (saved) => client.setQueryData(retentionKey(id), saved),
  });
}

const erasureKey = (id: number): readonly unknown[] => projectKey(id, [], "erasure");
const ASK_EVERY_MS = 1_000;

/** The erasure begun last, asked for each second while it runs. Only admins may know. */
export function useLastErasure(id: number): Loaded<Erasure | null> {
  const result = useQuery({
    queryKey: erasureKey(id),
    queryFn: ({ signal }) =>
      call<Schemas["LastErasureAnswer"]>("GET", projectPath(id, "/erasures/last"), { signal }),
    select: (answer) => answer.erasure,
    refetchInterval: (query) =>
      query.state.data?.erasure?.state === "running" ? ASK_EVERY_MS : false,
  });
  return toLoaded(result);
}

export function useStartErasure(id: number): Change<{ user: string; dry_run: boolean }, Erasure> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { user: string; dry_run: boolean }) =>
      call<Erasure>("POST", projectPath(id, "/erasures"), { body }),
    onSuccess: (erasure) => client.setQueryData(erasureKey(id), { erasure }),
  });
}
