import type { ReactNode } from "react";
import { type Scope, useSetRange } from "@/api/scope";
import { useLastTrace } from "@/api/traces";
import { rangeLabel } from "@/lib/time";
import { SendFirst } from "@/onboarding/SendFirst";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";

const AROUND_MS = 1_800_000;

interface NoSpansProps {
  scope: Scope;
  /** What the table holds: "endpoint". */
  what: string;
  isNarrow: boolean;
  /** How to get some, where traces alone do not bring them. */
  hint?: ReactNode;
}

/** Why a table is empty: nothing was ever sent, nothing is in the range, or nothing is of that kind. */
export function NoSpans({ scope, what, isNarrow, hint }: NoSpansProps): ReactNode {
  const last = useLastTrace(scope.project.id, true);
  const setRange = useSetRange();
  if (last.state !== "ready")
    return (
      <Async value={last} empty={null} minHeight={220}>
        {() => null}
      </Async>
    );
  const newest = last.data;
  if (newest === null)
    return <SendFirst scope={scope} title="Send the first trace" brings="traces" />;
  const { lead, detail } = rangeLabel(scope.range, Date.now(), scope.zone);
  return (
    <div className="state">
      <p>
        {isNarrow ? `No ${what} matches` : `No ${what}`}: {lead}{" "}
        <span className="faint">{detail}</span>. The last trace{" "}
        <Ago atMs={newest.start_ms} zone={scope.zone} />.
      </p>
      {hint ? <p className="muted">{hint}</p> : null}
      <Button
        onClick={() =>
          setRange({ fromMs: newest.start_ms - AROUND_MS, toMs: newest.start_ms + AROUND_MS })
        }
      >
        Go to the last trace
      </Button>
    </div>
  );
}
