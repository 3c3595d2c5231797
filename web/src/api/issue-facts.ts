/** What is known about an issue beside its events. */
import type { Loaded } from "@/lib/loaded";
import type { TimeRange } from "@/lib/time";
import { call } from "./client";
import { issuePath } from "./issues";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { spanNow } from "./scope";

type Schemas = components["schemas"];
export type IssueFacts = Schemas["FactsAnswer"];
export type SimilarIssue = Schemas["SimilarIssue"];
export type MergedIssue = Schemas["MergedIssue"];
export type Why = Schemas["WhyAnswer"];
export type WhySide = Schemas["WhySide"];
export type EventRow = Schemas["EventRow"];
export type Comment = Schemas["CommentAnswer"];
export type Attachment = Schemas["AttachmentAnswer"];
export type Suspect = Schemas["SuspectAnswer"];

/** Something of one issue, fetched again when issues change. */
function useOfIssue<T>(
  projectId: number,
  shortId: string,
  path: string,
  isEmpty?: (data: T) => boolean,
): Loaded<T> {
  return useLoaded<T>({
    key: projectKey(projectId, ["issues"], "issue-part", shortId, path),
    fetch: (signal) => call<T>("GET", issuePath(projectId, shortId, path), { signal }),
    ...(isEmpty ? { isEmpty } : {}),
    keepPrevious: true,
  }).value;
}

export const useIssueFacts = (projectId: number, shortId: string): Loaded<IssueFacts> =>
  useOfIssue(projectId, shortId, "/facts");

export const useSimilar = (projectId: number, shortId: string): Loaded<Schemas["SimilarAnswer"]> =>
  useOfIssue(projectId, shortId, "/similar");

export const useMerged = (projectId: number, shortId: string): Loaded<Schemas["MergedAnswer"]> =>
  useOfIssue(projectId, shortId, "/merged");

export const useComments = (
  projectId: number,
  shortId: string,
): Loaded<Schemas["CommentsAnswer"]> => useOfIssue(projectId, shortId, "/comments");

/** Commits that may have caused an event. */
export const useSuspects = (
  projectId: number,
  shortId: string,
  eventId: string,
): Loaded<Schemas["SuspectsAnswer"]> =>
  useOfIssue(projectId, shortId, `/events/${encodeURIComponent(eventId)}/suspects`);

/** Why an event is in its issue; with `other`, why the two are in one or not. */
export function useWhy(
  projectId: number,
  shortId: string,
  event: string,
  other: string,
): { value: Loaded<Why>; refreshing: boolean } {
  return useLoaded({
    key: projectKey(projectId, ["issues"], "issue-why", shortId, event, other),
    fetch: (signal) =>
      call<Why>("GET", issuePath(projectId, shortId, "/why"), {
        query: { event, other },
        signal,
      }),
    keepPrevious: true,
  });
}

/** A page of the issue's events. */
export function useIssueEvents(
  projectId: number,
  shortId: string,
  range: TimeRange,
  q: string,
  cursor: string,
): { value: Loaded<Schemas["EventsAnswer"]>; refreshing: boolean } {
  return useLoaded({
    key: projectKey(projectId, ["issues"], "issue-events", shortId, range, q, cursor),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<Schemas["EventsAnswer"]>("GET", issuePath(projectId, shortId, "/events"), {
        query: { from: fromMs, to: toMs, q, cursor },
        signal,
      });
    },
    keepPrevious: true,
  });
}

/** Every value of one tag of an issue, the commonest first. */
export function useTagValues(
  projectId: number,
  shortId: string,
  range: TimeRange,
  key: string,
): Loaded<Schemas["TagValuesAnswer"]> {
  return useLoaded({
    key: projectKey(projectId, ["issues"], "issue-tag", shortId, range, key),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<Schemas["TagValuesAnswer"]>(
        "GET",
        issuePath(projectId, shortId, `/tags/${encodeURIComponent(key)}`),
        { query: { from: fromMs, to: toMs }, signal },
      );
    },
    enabled: key !== "",
  }).value;
}

const attachmentsPath = (projectId: number, eventId: string, rest = ""): string =>
  projectPath(projectId, `/events/${eventId}/attachments${rest}`);

/** The files that came with an event. */
export function useAttachments(
  projectId: number,
  eventId: string,
): Loaded<Schemas["AttachmentsAnswer"]> {
  return useLoaded({
    key: projectKey(projectId, ["issues"], "attachments", eventId),
    fetch: (signal) =>
      call<Schemas["AttachmentsAnswer"]>("GET", attachmentsPath(projectId, eventId), { signal }),
  }).value;
}

export const attachmentHref = (projectId: number, eventId: string, number: number): string =>
  attachmentsPath(projectId, eventId, `/${number}`);
