/** What people write about the product. */
import type { Loaded } from "@/lib/loaded";
import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { components } from "./schema";
import { type Scope, spanNow } from "./scope";

type Schemas = components["schemas"];
export type Feedback = Schemas["FeedbackAnswer"];
export type FeedbackPage = Schemas["FeedbackListAnswer"];

interface Found {
  value: Loaded<FeedbackPage>;
  refreshing: boolean;
}

/** A page of the project's feedback of the range, newest first. */
export function useFeedback(scope: Scope, q: string, cursor: string): Found {
  const { project, range, environment, release } = scope;
  return useLoaded({
    key: projectKey(project.id, ["envelopes"], "feedback", range, environment, release, q, cursor),
    fetch: (signal) => {
      const { fromMs, toMs } = spanNow(range);
      return call<FeedbackPage>("GET", projectPath(project.id, "/feedback"), {
        query: { from: fromMs, to: toMs, env: environment, release, q, cursor },
        signal,
      });
    },
    keepPrevious: true,
  });
}

/** Whether anybody wrote anything in the 90 days that it is kept. */
export function useFeedbackEver(projectId: number, enabled: boolean): Loaded<FeedbackPage> {
  return useLoaded({
    key: projectKey(projectId, ["envelopes"], "feedback-ever"),
    fetch: (signal) =>
      call<FeedbackPage>("GET", projectPath(projectId, "/feedback"), {
        query: { limit: 1 },
        signal,
      }),
    enabled,
  }).value;
}

/** What was written about an issue, whenever that was. */
export function useIssueFeedback(projectId: number, shortId: string, cursor: string): Found {
  return useLoaded({
    key: projectKey(projectId, ["envelopes", "issues"], "issue-feedback", shortId, cursor),
    fetch: (signal) =>
      call<FeedbackPage>("GET", projectPath(projectId, `/issues/${shortId}/feedback`), {
        query: { cursor },
        signal,
      }),
    keepPrevious: true,
  });
}
