import type { ReactNode } from "react";
import type { LogLine } from "@/api/logs";
import type { Scope } from "@/api/scope";
import { clockSeconds } from "@/lib/time";
import { Peek } from "@/ui/Peek";
import { LineFields } from "./LineDetail";

interface LinePeekProps {
  scope: Scope;
  line: LogLine;
  onTerm: (term: string) => void;
  onMove: (by: 1 | -1) => void;
  onClose: () => void;
}

/** A line beside the list: all of its fields, and what stood around it. */
export function LinePeek({ scope, line, onTerm, onMove, onClose }: LinePeekProps): ReactNode {
  const at = clockSeconds(line.ts_ms, scope.zone);
  return (
    <Peek
      label={[`Line ${at}`, line.service].filter(Boolean).join(", ")}
      page={null}
      onMove={onMove}
      onClose={onClose}
    >
      <LineFields key={line.id} line={line} scope={scope} onTerm={onTerm} />
    </Peek>
  );
}
