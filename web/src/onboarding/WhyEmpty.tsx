import { lazy, type ReactNode, Suspense } from "react";
import { type Scope, useSetRange } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import type { Brings } from "@/lib/snippets";
import { rangeLabel } from "@/lib/time";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";

/** Seen until the first record is there, and never again. */
const SendFirst = lazy(() => import("./SendFirst").then((one) => ({ default: one.SendFirst })));

interface WhyEmptyProps extends Omit<NothingHereProps, "lastMs"> {
  /** When the newest record of all was (Unix ms); null: none was ever sent. */
  last: Loaded<number | null>;
  brings: Brings;
}

/** Least height while it is asked why (CSS px). */
const HEIGHT = 220;

/** Why a list is empty: nothing was ever sent, nothing is in the range, or the search hides it. */
export function WhyEmpty({ last, brings, ...rest }: WhyEmptyProps): ReactNode {
  return (
    <Async value={last} empty={null} minHeight={HEIGHT}>
      {(lastMs) =>
        lastMs === null ? (
          <Suspense fallback={<div style={{ minHeight: HEIGHT }} aria-busy="true" />}>
            <SendFirst scope={rest.scope} title={`Send the first ${rest.record}`} brings={brings} />
          </Suspense>
        ) : (
          <NothingHere {...rest} lastMs={lastMs} />
        )
      }
    </Async>
  );
}

interface NothingHereProps {
  scope: Scope;
  /** What there is none of: "endpoint", "traces". */
  what: string;
  /** One of what is sent: "trace". */
  record: string;
  lastMs: number | null;
  isNarrow?: boolean;
  onClear?: () => void;
  /** How to get some, where records alone do not bring them. */
  hint?: ReactNode;
}

/** On each side of the record that is gone to. */
const AROUND_MS = 1_800_000;

/** Records were sent, but none is here; leads to the last one. */
export function NothingHere(props: NothingHereProps): ReactNode {
  const { scope, what, record, lastMs, isNarrow = false, onClear, hint } = props;
  const setRange = useSetRange();
  const { lead, detail } = rangeLabel(scope.range, Date.now(), scope.zone);
  return (
    <div className="state">
      <p>
        {isNarrow ? `No ${what} matches` : `No ${what}`}: {lead}{" "}
        <span className="faint">{detail}</span>.
        {lastMs === null ? null : (
          <>
            {" "}
            The last {record} <Ago atMs={lastMs} zone={scope.zone} />.
          </>
        )}
      </p>
      {hint ? <p className="muted">{hint}</p> : null}
      <span className="row wrap">
        {isNarrow && onClear ? <Button onClick={onClear}>Clear the search</Button> : null}
        {lastMs === null ? null : (
          <Button
            onClick={() => setRange({ fromMs: lastMs - AROUND_MS, toMs: lastMs + AROUND_MS })}
          >
            Go to the last {record}
          </Button>
        )}
      </span>
    </div>
  );
}
