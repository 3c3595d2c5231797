/** Changes of issues with their toast and Undo. */
import {
  applied,
  type ChangeIssues,
  type Done,
  type Ignore,
  type IssueChange,
  type Merge,
  statusAfter,
  type Unmerge,
  useChangeIssues,
  useMerge,
  useUndo,
  useUnmerge,
  type Which,
} from "@/api/issue-acts";
import { toFailure } from "@/api/queries";
import type { IssueRow } from "@/api/types";
import { coarse, count } from "@/lib/units";
import { toast } from "@/ui/Toasts";

export interface Acts {
  /** Changes these issues at once; those that are so already are left out. */
  readonly change: (rows: readonly IssueRow[], wanted: IssueChange) => void;
  /** Changes all that a search finds; `total` is how many that should be. */
  readonly changeFound: (which: Which, wanted: IssueChange, total: number) => void;
  readonly merge: (merge: Merge) => void;
  readonly unmerge: (unmerge: Unmerge) => void;
}

/** What can be done to the issues of a project; each says itself and can be undone for 10 s. */
export function useActs(projectId: number): Acts {
  const change = useChangeIssues(projectId);
  const merge = useMerge(projectId);
  const unmerge = useUnmerge(projectId);
  const undo = useUndo(projectId);
  return {
    change: (rows, wanted) => changeRows(change, undo, rows, wanted),
    changeFound: (which, wanted, total) =>
      settle(change(which, wanted), undo, (done) => foundText(done, total, wanted)),
    merge: (wanted) => mergeRows(merge, unmerge, wanted),
    unmerge: ({ from, ids }) => {
      unmerge({ from, ids }).then(
        () =>
          toast(`${issues(ids.length)} taken out of ${from}`, {
            status: "ok",
            undo: () => void merge({ into: from, ids }).catch(refused),
          }),
        refused,
      );
    },
  };
}

function mergeRows(
  merge: (wanted: Merge) => Promise<Done>,
  unmerge: (wanted: Unmerge) => Promise<Done>,
  { into, ids }: Merge,
): void {
  merge({ into, ids }).then(
    ({ changed }) =>
      toast(`${issues(changed)} merged into ${into}`, {
        status: "ok",
        undo: () => void unmerge({ from: into, ids }).catch(refused),
      }),
    refused,
  );
}

type UndoIssues = ReturnType<typeof useUndo>;

function changeRows(
  change: ChangeIssues,
  undo: UndoIssues,
  rows: readonly IssueRow[],
  wanted: IssueChange,
): void {
  const affected = rows.filter((row) => differs(row, wanted));
  if (affected.length === 0) return;
  const ids = affected.map((row) => row.short_id);
  settle(change({ ids }, wanted), undo, () => changeText(ids, wanted));
}

function settle(done: Promise<Done>, undo: UndoIssues, said: (done: Done) => string): void {
  done.then((answer) => {
    const number = answer.undo;
    toast(said(answer), {
      status: "ok",
      ...(number === null || number === undefined ? {} : { undo: () => takeBack(undo, number) }),
    });
  }, refused);
}

function takeBack(undo: UndoIssues, number: number): void {
  undo(number).then(({ kept }) => {
    if (kept > 0)
      toast(
        `${issues(kept)} changed meanwhile and stayed as ${kept === 1 ? "it is" : "they are"}`,
        {
          status: "warn",
        },
      );
  }, refused);
}

/** Says what the server refused. */
export const refused = (error: unknown): void =>
  toast(toFailure(error).message, { status: "crit" });

const issues = (number: number): string => (number === 1 ? "1 issue" : `${count(number)} issues`);

/** A new condition makes a difference even where the status stays. */
function differs(row: IssueRow, change: IssueChange): boolean {
  if (change.ignore || (change.resolve && change.resolve.kind !== "now")) return true;
  const after = applied(row, change);
  return (
    after.status !== row.status ||
    after.severity !== row.severity ||
    after.assignee !== row.assignee
  );
}

/** "WEB-318 resolved in the next release", "7 issues: severity high". */
export function changeText(ids: readonly string[], change: IssueChange): string {
  const who = ids.length === 1 ? (ids[0] ?? "") : issues(ids.length);
  const status = statusAfter(change);
  if (status === "resolved") return `${who} resolved${resolveText(change)}`;
  if (status === "ignored") return `${who} ignored${ignoreText(change.ignore)}`;
  if (status) return `${who} unresolved again`;
  if (change.severity) return `${who}: severity ${change.severity}`;
  return change.assignee_email
    ? `${who} assigned to ${change.assignee_email}`
    : `${who}: assignee removed`;
}

function resolveText({ resolve }: IssueChange): string {
  if (resolve?.kind === "next_release") return " in the next release";
  if (resolve?.kind === "release") return ` in ${resolve.release}`;
  if (resolve?.kind === "commit") return ` in commit ${resolve.commit.slice(0, 12)}`;
  return "";
}

/** " for 1 h", " until 100 more events in 1 h"; nothing where it is for ever. */
export function ignoreText(ignore: Ignore | undefined): string {
  if (ignore === undefined) return "";
  if (ignore.until_escalating) return " until it escalates";
  if (ignore.for_ms) return ` for ${coarse(ignore.for_ms)}`;
  const within = ignore.window_ms ? ` in ${coarse(ignore.window_ms)}` : "";
  if (ignore.events) return ` until ${count(ignore.events)} more events${within}`;
  return ignore.users ? ` until ${count(ignore.users)} more users` : "";
}

/** Of a change to all that was found: how many really changed, how many are left. */
export function foundText(done: Done, total: number, wanted: IssueChange): string {
  const what = changeText([issues(done.changed)], wanted);
  const left = done.remaining ?? 0;
  if (left > 0) return `${what}; ${count(left)} are left, do it again for them`;
  return done.changed < total ? `${what}; the others were so already` : what;
}
