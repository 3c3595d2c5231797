/** The saved views of the list: each a status, an order and a condition on the row. */
import type { IssueSort } from "@/api/issues";
import type { IssueRow, IssueStatus, Severity } from "@/api/types";
import { parseInstant, parseRange } from "@/lib/time";

export interface View {
  readonly id: string;
  readonly label: string;
  readonly status: IssueStatus | null;
  /** Its own order; else the one that was chosen. */
  readonly sort?: IssueSort;
  readonly holds: (row: IssueRow, dayStartMs: number) => boolean;
  readonly nothing: string;
}

export const VIEWS: readonly [View, ...View[]] = [
  {
    id: "unresolved",
    label: "Unresolved",
    status: "unresolved",
    holds: (row) => row.status === "unresolved",
    nothing: "No unresolved issue",
  },
  {
    id: "new",
    label: "New today",
    status: null,
    sort: "first_seen",
    holds: (row, dayStartMs) => row.first_seen_ms >= dayStartMs,
    nothing: "No issue that was first seen today",
  },
  {
    id: "regressed",
    label: "Regressed",
    status: "unresolved",
    holds: (row) => row.status === "unresolved" && row.is_regressed,
    nothing: "No regressed issue",
  },
  {
    id: "ignored",
    label: "Ignored",
    status: "ignored",
    holds: (row) => row.status === "ignored",
    nothing: "No ignored issue",
  },
  {
    id: "resolved",
    label: "Resolved",
    status: "resolved",
    holds: (row) => row.status === "resolved",
    nothing: "No resolved issue",
  },
];

export const viewOf = (id: string | undefined): View =>
  VIEWS.find((view) => view.id === id) ?? VIEWS[0];

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

/** When the day of `nowMs` began in the zone (ms). */
export function dayStart(nowMs: number, zone: string): number {
  const today = parseRange("today", nowMs, zone);
  return (today && parseInstant(today.from, nowMs)) ?? nowMs - 86_400_000;
}
