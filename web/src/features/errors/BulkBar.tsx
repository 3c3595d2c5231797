import type { ReactNode } from "react";
import type { IssueChange } from "@/api/issue-acts";
import type { Scope } from "@/api/scope";
import type { IssueRow } from "@/api/types";
import { count } from "@/lib/units";
import { Button, Checkbox } from "@/ui/controls";
import { AssignMenu, IgnoreMenu, ResolveMenu, SeverityMenu } from "./ActMenus";

interface BulkBarProps {
  scope: Scope;
  rows: readonly IssueRow[];
  /** Rows that are loaded, and issues that the search finds. */
  of: number;
  total: number;
  /** All that the search finds are meant, loaded or not. */
  isAll: boolean;
  assignSignal: number;
  severitySignal: number;
  onAll: () => void;
  onChange: (change: IssueChange) => void;
  onMerge: () => void;
  onClear: () => void;
  onPickAll: (on: boolean) => void;
}

/** Acts on the selected rows, or on all that were found; stands in the place of the table's head. */
export function BulkBar(props: BulkBarProps): ReactNode {
  const { scope, rows, of, total, isAll, onChange, onClear, onPickAll } = props;
  const isDone = !isAll && rows.every((row) => row.status === "resolved");
  const menu = { scope, onChange, isSmall: true, align: "start" } as const;
  return (
    <div className="bulk" role="toolbar" aria-label="Selected issues">
      <Checkbox
        label={
          <span className="m nowrap">
            {isAll ? `All ${count(total)} that match` : `${rows.length} selected`}
          </span>
        }
        checked={isAll || rows.length === of}
        onChange={onPickAll}
      />
      {!isAll && rows.length === of && total > of ? (
        <button type="button" className="link nowrap" onClick={props.onAll}>
          Select all {count(total)} that match
        </button>
      ) : null}
      <span className="split">
        <Button
          small
          kind="primary"
          title="R"
          onClick={() => onChange({ status: isDone ? "unresolved" : "resolved" })}
        >
          {isDone ? "Unresolve" : "Resolve"} <kbd className="only-l">R</kbd>
        </Button>
        <ResolveMenu {...menu} isPrimary />
      </span>
      <IgnoreMenu {...menu} />
      <AssignMenu {...menu} openSignal={props.assignSignal} />
      <SeverityMenu {...menu} openSignal={props.severitySignal} />
      <Button
        small
        title="M"
        onClick={props.onMerge}
        reason={
          isAll
            ? "Merging needs issues that were picked one by one"
            : rows.length < 2
              ? "Merging needs two issues or more"
              : undefined
        }
      >
        Merge <kbd className="only-l">M</kbd>
      </Button>
      <span className="grow" />
      <Button small kind="quiet" onClick={onClear} title="Esc">
        Clear
      </Button>
    </div>
  );
}
