import type { ReactNode } from "react";
import type { IssueChange } from "@/api/issues";
import type { IssueRow } from "@/api/types";
import { Button, Checkbox } from "@/ui/controls";
import { SeverityBars } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { SEVERITIES } from "./views";

interface BulkBarProps {
  rows: readonly IssueRow[];
  of: number;
  onChange: (change: IssueChange) => void;
  onClear: () => void;
  onPickAll: (on: boolean) => void;
}

/** Acts on the selected rows; stands in the place of the table's head. */
export function BulkBar({ rows, of, onChange, onClear, onPickAll }: BulkBarProps): ReactNode {
  const isDone = rows.every((row) => row.status === "resolved");
  return (
    <div className="bulk" role="toolbar" aria-label="Selected issues">
      <Checkbox
        label={<span className="m nowrap">{rows.length} selected</span>}
        checked={rows.length === of}
        onChange={onPickAll}
      />
      <Button
        small
        kind="primary"
        onClick={() => onChange({ status: isDone ? "unresolved" : "resolved" })}
      >
        {isDone ? "Unresolve" : "Resolve"} <kbd className="only-l">R</kbd>
      </Button>
      <Button small onClick={() => onChange({ status: "ignored" })}>
        Ignore <kbd className="only-l">I</kbd>
      </Button>
      <Popover
        buttonClass="btn sm"
        button={
          <>
            Severity <Icon name="down" small />
          </>
        }
      >
        {(close) =>
          SEVERITIES.map((severity) => (
            <MenuItem
              key={severity}
              onChoose={() => {
                close();
                onChange({ severity });
              }}
            >
              <SeverityBars severity={severity} silent />
              {severity}
            </MenuItem>
          ))
        }
      </Popover>
      <span className="grow" />
      <Button small kind="quiet" onClick={onClear} title="Esc">
        Clear
      </Button>
    </div>
  );
}
