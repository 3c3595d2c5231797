import { type ReactNode, useState } from "react";
import type { Merge } from "@/api/issue-acts";
import type { IssueRow } from "@/api/types";
import { compact } from "@/lib/units";
import { Button } from "@/ui/controls";
import { Dialog } from "@/ui/Dialog";

interface MergeDialogProps {
  rows: readonly IssueRow[];
  onClose: () => void;
  onMerge: (merge: Merge) => void;
}

/** Asks which issue the others become part of; the oldest stands first. */
export function MergeDialog({ rows, onClose, onMerge }: MergeDialogProps): ReactNode {
  return (
    <Dialog title={`Merge ${rows.length} issues into`} wide open onClose={onClose}>
      <Choice rows={rows} onClose={onClose} onMerge={onMerge} />
    </Dialog>
  );
}

function Choice({ rows, onClose, onMerge }: MergeDialogProps): ReactNode {
  const oldestFirst = [...rows].sort((a, b) => a.first_seen_ms - b.first_seen_ms);
  const [into, setInto] = useState(oldestFirst[0]?.short_id ?? "");
  return (
    <div className="stack">
      <fieldset className="merge-into">
        <legend className="sr">The issue that stays</legend>
        {oldestFirst.map((row) => (
          <label key={row.short_id} className="check">
            <input
              type="radio"
              name="into"
              checked={row.short_id === into}
              onChange={() => setInto(row.short_id)}
            />
            <span className="mono">{row.short_id}</span>
            <span className="trunc grow">{row.title}</span>
            <span className="faint s nowrap">{compact(row.events)} events</span>
          </label>
        ))}
      </fieldset>
      <p className="muted s">
        The others become part of it, with all their events, and can be taken out again.
      </p>
      <div className="foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="primary"
          onClick={() => {
            onMerge({
              into,
              ids: rows.map((row) => row.short_id).filter((id) => id !== into),
            });
            onClose();
          }}
        >
          Merge into {into}
        </Button>
      </div>
    </div>
  );
}
