/** The search language of issues: what may be typed next, searches that were kept, severity rules. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call } from "./client";
import type { IssueSort } from "./issues";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { spanNow } from "./scope";
import type { IssuePage, IssueRow, Severity } from "./types";

type Schemas = components["schemas"];
export type KeptSearch = Schemas["SearchAnswer"];
export type Completion = Schemas["CompletionAnswer"];
export type SeverityRule = Schemas["SeverityRule"];

const MOST = 6;

/** A few issues whose id, title or culprit matches; none for an empty text. */
export function useIssueSearch(projectId: number, text: string): readonly IssueRow[] {
  const q = text.trim();
  const { value } = useLoaded<IssuePage>({
    key: projectKey(projectId, [], "issue-search", q),
    fetch: (signal) =>
      call("GET", projectPath(projectId, "/issues"), { query: { q, limit: MOST }, signal }),
    enabled: q.length > 1,
  });
  return value.state === "ready" ? value.data.issues.slice(0, MOST) : [];
}

/** What may stand at the cursor, with the text that it was asked for; null until it is known. */
export function useCompletion(
  projectId: number,
  range: TimeRange,
  typing: { readonly text: string; readonly cursor: number } | null,
): { text: string; answer: Completion } | null {
  const { value } = useLoaded<{ text: string; answer: Completion }>({
    key: projectKey(projectId, [], "issue-complete", range, typing),
    fetch: async (signal) => {
      const { fromMs, toMs } = spanNow(range);
      const { text, cursor } = typing ?? { text: "", cursor: 0 };
      const query = { from: fromMs, to: toMs, q: text, at: cursor };
      const path = projectPath(projectId, "/issue-search/complete");
      return { text, answer: await call<Completion>("GET", path, { query, signal }) };
    },
    enabled: typing !== null,
    staleMs: 60_000,
    keepPrevious: true,
  });
  return value.state === "ready" ? value.data : null;
}

const searchesKey = (projectId: number): readonly unknown[] =>
  projectKey(projectId, [], "issue-searches");

/** The person's own searches and the shared ones. */
export function useKeptSearches(projectId: number): Loaded<Schemas["SearchesAnswer"]> {
  return useLoaded({
    key: searchesKey(projectId),
    fetch: (signal) =>
      call<Schemas["SearchesAnswer"]>("GET", projectPath(projectId, "/issue-searches"), {
        signal,
      }),
    staleMs: 60_000,
  }).value;
}

export interface NewSearch {
  readonly name: string;
  readonly query: string;
  readonly sort: IssueSort;
  readonly is_shared: boolean;
  readonly is_default: boolean;
}

type SearchAct =
  | { readonly act: "add"; readonly search: NewSearch }
  | { readonly act: "change"; readonly id: number; readonly patch: Partial<NewSearch> }
  | { readonly act: "delete"; readonly id: number };

/** Keeps, changes or forgets a search. */
export function useSearchAct(projectId: number): {
  run: (act: SearchAct) => Promise<unknown>;
  isBusy: boolean;
} {
  const client = useQueryClient();
  const { mutateAsync, isPending } = useMutation({
    mutationFn: (act: SearchAct) => {
      const path = projectPath(projectId, "/issue-searches");
      if (act.act === "add") return call("POST", path, { body: act.search });
      if (act.act === "delete") return call("DELETE", `${path}/${act.id}`);
      return call("PATCH", `${path}/${act.id}`, { body: act.patch });
    },
    onSettled: () => client.invalidateQueries({ queryKey: searchesKey(projectId) }),
  });
  return { run: mutateAsync, isBusy: isPending };
}

const rulesKey = (projectId: number): readonly unknown[] =>
  projectKey(projectId, [], "severity-rules");

/** Which events are how bad, in the order in which the rules are tried. */
export function useSeverityRules(projectId: number): Loaded<readonly SeverityRule[]> {
  return useLoaded({
    key: rulesKey(projectId),
    fetch: (signal) =>
      call<Schemas["SeverityRulesAnswer"]>("GET", projectPath(projectId, "/severity-rules"), {
        signal,
      }),
    select: (answer): readonly SeverityRule[] => answer.rules,
  }).value;
}

export type DraftRule = { readonly query: string; readonly severity: Severity };

export function useSetSeverityRules(
  projectId: number,
): ReturnType<typeof useMutation<Schemas["SeverityRulesAnswer"], Error, readonly DraftRule[]>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (rules: readonly DraftRule[]) =>
      call<Schemas["SeverityRulesAnswer"]>("PUT", projectPath(projectId, "/severity-rules"), {
        body: { rules },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: rulesKey(projectId) }),
  });
}
