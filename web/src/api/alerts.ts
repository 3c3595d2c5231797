import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { spanNow } from "./scope";

type Schemas = components["schemas"];
export type Alert = Schemas["AlertAnswer"];
export type AlertChange = Schemas["AlertChangeAnswer"];
export type Delivery = Schemas["DeliveryAnswer"];
export type Rule = Schemas["RuleAnswer"];
export type RuleFile = Schemas["RuleFileAnswer"];
export type RuleFiles = Schemas["RulesAnswer"];
export type RuleCheck = Schemas["RuleCheckAnswer"];
export type RulePreview = Schemas["RulePreview"];

/** What is pending or firing now. */
export function useAlerts(projectId: number): Loaded<Alert[]> {
  return useLoaded<Schemas["AlertsAnswer"], Alert[]>({
    key: projectKey(projectId, ["alerts"], "alerts"),
    fetch: (signal) => call("GET", projectPath(projectId, "/alerts"), { signal }),
    select: (answer) => answer.alerts,
  }).value;
}

/** Rule files with the state of each rule. */
export function useRules(projectId: number): Loaded<RuleFiles> {
  return useLoaded<RuleFiles>({
    key: projectKey(projectId, ["alerts"], "rules"),
    fetch: (signal) => call("GET", projectPath(projectId, "/rules"), { signal }),
  }).value;
}

export function useAlertHistory(
  projectId: number,
  range: TimeRange,
): Loaded<Schemas["AlertHistoryAnswer"]> {
  return useLoaded<Schemas["AlertHistoryAnswer"]>({
    key: projectKey(projectId, ["alerts"], "alert-history", range),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call("GET", projectPath(projectId, "/alert-history"), {
        query: { from: fromMs, to: toMs },
        signal,
      });
    },
    isEmpty: (answer) => answer.changes.length === 0,
    keepPrevious: true,
  }).value;
}

/** What was sent to channels, with every attempt; newest first. */
export function useDeliveries(projectId: number): Loaded<Delivery[]> {
  return useLoaded<Schemas["DeliveriesAnswer"], Delivery[]>({
    key: projectKey(projectId, ["alerts"], "deliveries"),
    fetch: (signal) => call("GET", projectPath(projectId, "/deliveries"), { signal }),
    select: (answer) => answer.deliveries,
    isEmpty: (all) => all.length === 0,
  }).value;
}

/** Checks a rule file without keeping it. */
export function useRuleCheck(projectId: number, source: string): Loaded<RuleCheck> {
  return useLoaded<RuleCheck>({
    key: projectKey(projectId, [], "rule-check", source),
    fetch: (signal) =>
      call("POST", projectPath(projectId, "/rules/check"), { body: { source }, signal }),
    enabled: source.trim() !== "",
    keepPrevious: true,
  }).value;
}

/** What the rules of a right file would compare now. */
export function useRulePreviews(
  projectId: number,
  source: string,
  enabled: boolean,
): readonly RulePreview[] {
  const { value } = useLoaded<Schemas["RulePreviewsAnswer"]>({
    key: projectKey(projectId, [], "rule-previews", source),
    fetch: (signal) =>
      call("POST", projectPath(projectId, "/rules/preview"), { body: { source }, signal }),
    enabled,
    keepPrevious: true,
  });
  return value.state === "ready" ? value.data.rules : [];
}

const filePath = (projectId: number, name: string): string =>
  projectPath(projectId, `/rules/${encodeURIComponent(name)}`);

type Saved = { name: string; source: string };

export function useSaveRules(
  projectId: number,
): ReturnType<typeof useMutation<RuleFile, Error, Saved>> {
  const refresh = useRefresh(projectId);
  return useMutation({
    mutationFn: ({ name, source }: Saved) =>
      call<RuleFile>("PUT", filePath(projectId, name), { body: { source } }),
    onSuccess: refresh,
  });
}

export function useDeleteRules(
  projectId: number,
): ReturnType<typeof useMutation<unknown, Error, string>> {
  const refresh = useRefresh(projectId);
  return useMutation({
    mutationFn: (name: string) => call("DELETE", filePath(projectId, name)),
    onSuccess: refresh,
  });
}

function useRefresh(projectId: number): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({
      predicate: ({ queryKey }) =>
        queryKey[0] === "project" &&
        queryKey[1] === projectId &&
        Array.isArray(queryKey[2]) &&
        queryKey[2].includes("alerts"),
    });
}
