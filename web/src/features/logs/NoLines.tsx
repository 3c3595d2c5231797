import type { ReactNode } from "react";
import { type LogFilter, useLastLine } from "@/api/logs";
import { type Scope, useSearchState, useSetRange } from "@/api/scope";
import { rangeLabel } from "@/lib/time";
import { SendFirst } from "@/onboarding/SendFirst";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";

const AROUND_MS = 1_800_000;

/** Why there is no line: none was ever sent, none is in the range, or the search hides them. */
export function NoLines({ scope, filter }: { scope: Scope; filter: LogFilter }): ReactNode {
  const [, change] = useSearchState();
  const setRange = useSetRange();
  const last = useLastLine(scope.project.id);
  if (last.state !== "ready")
    return (
      <Async value={last} empty={null} minHeight={220}>
        {() => null}
      </Async>
    );
  const newest = last.data;
  if (newest === null)
    return <SendFirst scope={scope} title="Send the first log line" brings="logs" />;
  const { lead, detail } = rangeLabel(scope.range, Date.now(), scope.zone);
  return (
    <div className="state">
      <p>
        {filter.q ? "No line matches" : "No lines"}: {lead} <span className="faint">{detail}</span>.
        The last one of all <Ago atMs={newest.ts_ms} zone={scope.zone} />.
      </p>
      <span className="row wrap">
        {filter.q ? (
          <Button onClick={() => change({ q: undefined, env: undefined, release: undefined })}>
            Clear the search
          </Button>
        ) : null}
        <Button
          onClick={() =>
            setRange({ fromMs: newest.ts_ms - AROUND_MS, toMs: newest.ts_ms + AROUND_MS })
          }
        >
          Go to the last line
        </Button>
      </span>
    </div>
  );
}
