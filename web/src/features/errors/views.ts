/** The views of the list, each a search of its own that is added to what the person typed. */
import type { IssueSort } from "@/api/issues";
import type { Severity } from "@/api/types";

export interface View {
  readonly id: string;
  readonly label: string;
  /** In the search language. */
  readonly query: string;
  /** Its own order; else the one that was chosen. */
  readonly sort?: IssueSort;
  readonly nothing: string;
}

export const VIEWS: readonly [View, ...View[]] = [
  {
    id: "unresolved",
    label: "Unresolved",
    query: "is:unresolved",
    nothing: "No unresolved issue",
  },
  {
    id: "mine",
    label: "Mine",
    query: "is:unresolved is:for_me",
    nothing: "No unresolved issue of yours",
  },
  {
    id: "new",
    label: "New today",
    query: "first_seen:-24h",
    sort: "first_seen",
    nothing: "No issue that was first seen in the last 24 h",
  },
  {
    id: "regressed",
    label: "Regressed",
    query: "is:unresolved is:regressed",
    nothing: "No regressed issue",
  },
  { id: "ignored", label: "Ignored", query: "is:ignored", nothing: "No ignored issue" },
  { id: "resolved", label: "Resolved", query: "is:resolved", nothing: "No resolved issue" },
  { id: "all", label: "All", query: "", nothing: "No issue" },
];

/** The view of searches that say themselves which state they want. */
export const ALL = "all";

export const viewOf = (id: string | undefined): View =>
  VIEWS.find((view) => view.id === id) ?? VIEWS[0];

const STATE = /(?:^|\s)[!-]?(?:is|status):/i;

/** Whether a search says itself which state it wants, so that a view would only contradict it. */
export const namesState = (text: string): boolean => STATE.test(text);

/** What the server is asked. The person's text stands first: places of errors are its own. */
export const queryOf = (text: string, severity: Severity | null, view: View): string =>
  [text.trim(), severity ? `severity:${severity}` : "", view.query]
    .filter((part) => part !== "")
    .join(" ");

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

export const severityOf = (text: string | undefined): Severity | null =>
  SEVERITIES.find((one) => one === text) ?? null;

export const SORTS: readonly { value: IssueSort; label: string }[] = [
  { value: "last_seen", label: "last seen" },
  { value: "first_seen", label: "first seen" },
  { value: "events", label: "events" },
  { value: "users", label: "users" },
];

export const sortOf = (text: string | undefined): IssueSort =>
  SORTS.find((one) => one.value === text)?.value ?? "last_seen";
