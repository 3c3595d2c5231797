/** What people do to issues: seen on the page at once, then told to the server, with a way back. */
import { type InfiniteData, useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { call } from "./client";
import { type IssueDetail, type IssueFilter, issuePath, LIST } from "./issues";
import { projectPath } from "./projects";
import type { components } from "./schema";
import { spanNow } from "./scope";
import type { IssuePage, IssueRow, IssueStatus, Severity } from "./types";

type Schemas = components["schemas"];
export type Done = Schemas["BulkAnswer"];

export type Resolve =
  | { readonly kind: "now" | "next_release" }
  | { readonly kind: "release"; readonly release: string }
  | { readonly kind: "commit"; readonly commit: string };

/** Until what it is ignored: whichever is met first; nothing given is for ever. */
export interface Ignore {
  readonly for_ms?: number;
  readonly until_ms?: number;
  readonly events?: number;
  readonly window_ms?: number;
  readonly users?: number;
  readonly until_escalating?: boolean;
}

/** What may be changed; `assignee_email` "" takes the assignee away. */
export interface IssueChange {
  readonly status?: IssueStatus;
  readonly severity?: Severity;
  readonly assignee_email?: string;
  readonly resolve?: Resolve;
  readonly ignore?: Ignore;
}

/** Issues by name, or all that a search finds (the server does at most 1,000 at once). */
export type Which =
  | { readonly ids: readonly string[] }
  | { readonly found: Pick<IssueFilter, "range" | "q" | "environment" | "release"> };

export type ChangeIssues = (which: Which, change: IssueChange) => Promise<Done>;

/** Changes issues on the page, then on the server; a refusal puts the page right again. */
export function useChangeIssues(projectId: number): ChangeIssues {
  const client = useQueryClient();
  const { mutateAsync } = useMutation({
    mutationFn: ({ which, change }: { which: Which; change: IssueChange }) =>
      call<Done>("POST", projectPath(projectId, "/issues/bulk"), {
        body: { ...named(which), ...change },
      }),
    onMutate: ({ which, change }) => {
      if ("ids" in which) patchCache(client, projectId, new Set(which.ids), change);
    },
    onSettled: () => refresh(client, projectId),
  });
  return useCallback((which, change) => mutateAsync({ which, change }), [mutateAsync]);
}

function named(which: Which): Record<string, unknown> {
  if ("ids" in which) return { short_ids: which.ids };
  const { range, q, environment, release } = which.found;
  const { fromMs, toMs } = spanNow(range);
  return { q, env: environment ?? "", release: release ?? "", from: fromMs, to: toMs };
}

/** Takes a change back by the number that it was answered with. */
export function useUndo(projectId: number): (undo: number) => Promise<Schemas["UndoAnswer"]> {
  const client = useQueryClient();
  const { mutateAsync } = useMutation({
    mutationFn: (undo: number) =>
      call<Schemas["UndoAnswer"]>("POST", projectPath(projectId, "/issues/undo"), {
        body: { undo },
      }),
    onSettled: () => refresh(client, projectId),
  });
  return mutateAsync;
}

export interface Merge {
  readonly into: string;
  readonly ids: readonly string[];
}

/** Makes issues part of another one. */
export function useMerge(projectId: number): (merge: Merge) => Promise<Done> {
  const client = useQueryClient();
  const { mutateAsync } = useMutation({
    mutationFn: ({ into, ids }: Merge) =>
      call<Done>("POST", projectPath(projectId, "/issues/merge"), {
        body: { into, short_ids: ids },
      }),
    onSettled: () => refresh(client, projectId),
  });
  return mutateAsync;
}

export interface Unmerge {
  readonly from: string;
  readonly ids: readonly string[];
}

/** Makes parts of an issue issues of their own again. */
export function useUnmerge(projectId: number): (unmerge: Unmerge) => Promise<Done> {
  const client = useQueryClient();
  const { mutateAsync } = useMutation({
    mutationFn: ({ from, ids }: Unmerge) =>
      call<Done>("POST", issuePath(projectId, from, "/unmerge"), { body: { short_ids: ids } }),
    onSettled: () => refresh(client, projectId),
  });
  return mutateAsync;
}

type CommentAct =
  | { readonly act: "add"; readonly text: string }
  | { readonly act: "edit"; readonly id: number; readonly text: string }
  | { readonly act: "delete"; readonly id: number };

/** Writes, changes or deletes a comment. */
export function useCommentAct(
  projectId: number,
  shortId: string,
): { run: (act: CommentAct) => Promise<unknown>; isBusy: boolean } {
  const client = useQueryClient();
  const { mutateAsync, isPending } = useMutation({
    mutationFn: (act: CommentAct) => {
      const path = issuePath(projectId, shortId, "/comments");
      if (act.act === "add") return call("POST", path, { body: { text: act.text } });
      if (act.act === "delete") return call("DELETE", `${path}/${act.id}`);
      return call("PATCH", `${path}/${act.id}`, { body: { text: act.text } });
    },
    onSettled: () => refresh(client, projectId),
  });
  return { run: mutateAsync, isBusy: isPending };
}

type Client = ReturnType<typeof useQueryClient>;

const refresh = (client: Client, projectId: number): Promise<void> =>
  client.invalidateQueries({ predicate: ({ queryKey }) => isIssues(queryKey, projectId) });

const isIssues = (key: readonly unknown[], projectId: number): boolean =>
  key[0] === "project" &&
  key[1] === projectId &&
  Array.isArray(key[2]) &&
  key[2].includes("issues");

function patchCache(
  client: Client,
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

/** The status after a change; null where it stays. */
export function statusAfter({ status, resolve, ignore }: IssueChange): IssueStatus | null {
  if (resolve) return "resolved";
  if (ignore) return "ignored";
  return status ?? null;
}

/** A row after the change, as the server will say it. */
export function applied<Row extends IssueRow>(row: Row, change: IssueChange): Row {
  const status = statusAfter(change);
  return {
    ...row,
    ...(status ? { status, is_regressed: false } : {}),
    ...(change.severity ? { severity: change.severity } : {}),
    ...(change.assignee_email === undefined ? {} : { assignee: change.assignee_email || null }),
  };
}
