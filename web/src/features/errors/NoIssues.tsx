import type { ReactNode } from "react";
import { type IssueFilter, useIssueTotal } from "@/api/issues";
import { type Scope, useSearchState, useSetRange } from "@/api/scope";
import { rangeLabel } from "@/lib/time";
import { count } from "@/lib/units";
import { SendFirst } from "@/onboarding/SendFirst";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";
import type { View } from "./views";

interface NoIssuesProps {
  scope: Scope;
  filter: IssueFilter;
  view: View;
}

const EVER = { from: "now-365d", to: "now" };

/** Why there is no row: nothing was ever sent, nothing is in the range, or the filters hide it. */
export function NoIssues({ scope, filter, view }: NoIssuesProps): ReactNode {
  const bare: IssueFilter = {
    ...filter,
    q: "",
    severity: null,
    environment: null,
    release: null,
    sort: "last_seen",
  };
  const isNarrow = Boolean(filter.q || filter.severity || filter.environment || filter.release);
  const inRange = useIssueTotal(scope.project.id, { ...bare, status: null }, true);
  const ever = useIssueTotal(scope.project.id, { ...bare, status: null, range: EVER }, true);
  if (inRange.state !== "ready" || ever.state !== "ready")
    return (
      <Async value={inRange.state === "ready" ? ever : inRange} empty={null} minHeight={220}>
        {() => null}
      </Async>
    );
  if (ever.data.total === 0)
    return <SendFirst scope={scope} title="Send the first error" brings="errors" />;
  if (inRange.data.total === 0) {
    const last = ever.data.issues[0];
    return <NotInRange scope={scope} lastMs={last?.last_seen_ms ?? null} />;
  }
  if (isNarrow) return <FilteredOut scope={scope} filter={filter} view={view} />;
  return (
    <div className="state">
      <p>
        {view.nothing} in this range; {count(inRange.data.total)}{" "}
        {inRange.data.total === 1 ? "issue is" : "issues are"} in other views.
      </p>
    </div>
  );
}

const AROUND_MS = 3_600_000;

function NotInRange({ scope, lastMs }: { scope: Scope; lastMs: number | null }): ReactNode {
  const setRange = useSetRange();
  const { lead, detail } = rangeLabel(scope.range, Date.now(), scope.zone);
  return (
    <div className="state">
      <p>
        No errors: {lead} <span className="faint">{detail}</span>.
        {lastMs === null ? null : (
          <>
            {" "}
            The last one <Ago atMs={lastMs} zone={scope.zone} />.
          </>
        )}
      </p>
      {lastMs === null ? null : (
        <Button onClick={() => setRange({ fromMs: lastMs - AROUND_MS, toMs: lastMs + AROUND_MS })}>
          Go to the last error
        </Button>
      )}
    </div>
  );
}

type Narrow = "q" | "severity" | "environment" | "release";
const PARAM = { q: "q", severity: "severity", environment: "env", release: "release" } as const;

function FilteredOut({ scope, filter, view }: NoIssuesProps): ReactNode {
  const [, change] = useSearchState();
  const used = (["q", "severity", "environment", "release"] as const).filter((key) => filter[key]);
  return (
    <div className="state">
      <p>{view.nothing} matches the filters.</p>
      <ul className="stack tight">
        {used.map((key) => (
          <Without key={key} drop={key} scope={scope} filter={filter} />
        ))}
      </ul>
      <Button
        onClick={() =>
          change({ q: undefined, severity: undefined, env: undefined, release: undefined })
        }
      >
        Clear filters
      </Button>
    </div>
  );
}

/** How many there would be without one of the filters. */
function Without({
  drop,
  scope,
  filter,
}: {
  drop: Narrow;
  scope: Scope;
  filter: IssueFilter;
}): ReactNode {
  const [, change] = useSearchState();
  const total = useIssueTotal(
    scope.project.id,
    { ...filter, [drop]: drop === "q" ? "" : null, sort: "last_seen" },
    true,
  );
  const name = drop === "q" ? `“${filter.q}”` : `${drop} ${filter[drop]}`;
  return (
    <li className="row">
      <span className="muted">
        without {name}: <b>{total.state === "ready" ? count(total.data.total) : "–"}</b>
      </span>
      <Button small onClick={() => change({ [PARAM[drop]]: undefined })}>
        Remove
      </Button>
    </li>
  );
}
