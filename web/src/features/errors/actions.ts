/** Changes of issues with their toast and Undo. */
import { applied, type ChangeIssues, type IssueChange } from "@/api/issues";
import { toFailure } from "@/api/queries";
import type { IssueRow } from "@/api/types";
import { toast } from "@/ui/Toasts";

/** The changes that bring the rows back, grouped so that equal ones go together. */
export function undoOf(
  rows: readonly IssueRow[],
  change: IssueChange,
): { ids: string[]; change: IssueChange }[] {
  const groups = new Map<string, { ids: string[]; change: IssueChange }>();
  for (const row of rows) {
    const back: IssueChange = {
      ...(change.status ? { status: row.status } : {}),
      ...(change.severity ? { severity: row.severity } : {}),
      ...(change.assignee_email === undefined ? {} : { assignee_email: row.assignee ?? "" }),
    };
    const key = JSON.stringify(back);
    const group = groups.get(key) ?? { ids: [], change: back };
    group.ids.push(row.short_id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const VERBS = { resolved: "resolved", ignored: "ignored", unresolved: "unresolved again" } as const;

/** "WEB-318 resolved", "7 issues: severity high". */
export function changeText(rows: readonly IssueRow[], change: IssueChange): string {
  const who = rows.length === 1 ? (rows[0]?.short_id ?? "") : `${rows.length} issues`;
  if (change.status) return `${who} ${VERBS[change.status]}`;
  if (change.severity) return `${who}: severity ${change.severity}`;
  return change.assignee_email
    ? `${who} assigned to ${change.assignee_email}`
    : `${who}: assignee removed`;
}

const differs = (row: IssueRow, change: IssueChange): boolean => {
  const after = applied(row, change);
  return (
    after.status !== row.status ||
    after.severity !== row.severity ||
    after.assignee !== row.assignee
  );
};

/** Changes at once, says it, offers Undo for 10 s; says what the server refused. */
export function act(change: ChangeIssues, rows: readonly IssueRow[], wanted: IssueChange): void {
  const affected = rows.filter((row) => differs(row, wanted));
  if (affected.length === 0) return;
  const refused = (error: unknown): void => toast(toFailure(error).message, { status: "crit" });
  const undo = (): void => {
    for (const step of undoOf(affected, wanted)) change(step.ids, step.change).catch(refused);
  };
  change(
    affected.map((row) => row.short_id),
    wanted,
  ).then(() => toast(changeText(affected, wanted), { status: "ok", undo }), refused);
}
