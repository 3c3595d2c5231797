import { call } from "./client";
import { projectPath } from "./projects";
import { projectKey, useLoaded } from "./queries";
import type { IssuePage, IssueRow } from "./types";

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
