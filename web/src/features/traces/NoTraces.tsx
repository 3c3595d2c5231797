import type { ReactNode } from "react";
import { type Scope, useSearchState, useSetRange } from "@/api/scope";
import { type TraceFilter, useLastTrace } from "@/api/traces";
import { rangeLabel } from "@/lib/time";
import { SendFirst } from "@/onboarding/SendFirst";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";

const AROUND_MS = 1_800_000;

/** Why there is no trace: none was ever sent, none is in the range, or the search hides them. */
export function NoTraces({ scope, filter }: { scope: Scope; filter: TraceFilter }): ReactNode {
  const [, change] = useSearchState();
  const setRange = useSetRange();
  const last = useLastTrace(scope.project.id, true);
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
  const isNarrow =
    filter.q !== "" ||
    filter.minMs !== null ||
    filter.maxMs !== null ||
    filter.environment !== null ||
    filter.release !== null;
  return (
    <div className="state">
      <p>
        {isNarrow ? "No trace matches" : "No traces"}: {lead}{" "}
        <span className="faint">{detail}</span>. The last one of all{" "}
        <Ago atMs={newest.start_ms} zone={scope.zone} />.
      </p>
      <span className="row wrap">
        {isNarrow ? (
          <Button
            onClick={() =>
              change({
                q: undefined,
                min: undefined,
                max: undefined,
                env: undefined,
                release: undefined,
              })
            }
          >
            Clear the search
          </Button>
        ) : null}
        <Button
          onClick={() =>
            setRange({ fromMs: newest.start_ms - AROUND_MS, toMs: newest.start_ms + AROUND_MS })
          }
        >
          Go to the last trace
        </Button>
      </span>
    </div>
  );
}
