import type { ReactNode } from "react";
import { type IssueFilter, useIssueTotal } from "@/api/issues";
import { useTestError } from "@/api/projects";
import { type Scope, useSearchState } from "@/api/scope";
import { count } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { SendFirst } from "@/onboarding/SendFirst";
import { NothingHere } from "@/onboarding/WhyEmpty";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { refused } from "./actions";
import { queryOf, severityOf, type View } from "./views";

interface NoIssuesProps {
  scope: Scope;
  filter: IssueFilter;
  view: View;
  search: SearchMap;
}

const EVER = { from: "now-365d", to: "now" };

/** Why there is no row: nothing was ever sent, nothing is in the range, or the filters hide it. */
export function NoIssues({ scope, filter, view, search }: NoIssuesProps): ReactNode {
  const bare: IssueFilter = {
    ...filter,
    q: "",
    environment: null,
    release: null,
    sort: "last_seen",
  };
  const isNarrow = usedOf(filter, search).length > 0;
  const inRange = useIssueTotal(scope.project.id, bare, true);
  const ever = useIssueTotal(scope.project.id, { ...bare, range: EVER }, true);
  if (inRange.state !== "ready" || ever.state !== "ready")
    return (
      <Async value={inRange.state === "ready" ? ever : inRange} empty={null} minHeight={220}>
        {() => null}
      </Async>
    );
  if (ever.data.total === 0)
    return (
      <>
        <SendFirst scope={scope} title="Send the first error" brings="errors" />
        <TestError projectId={scope.project.id} />
      </>
    );
  if (inRange.data.total === 0) {
    const last = ever.data.issues[0];
    return (
      <NothingHere scope={scope} what="errors" record="error" lastMs={last?.last_seen_ms ?? null} />
    );
  }
  if (isNarrow) return <FilteredOut scope={scope} filter={filter} view={view} search={search} />;
  return (
    <div className="state">
      <p>
        {view.nothing} in this range; {count(inRange.data.total)}{" "}
        {inRange.data.total === 1 ? "issue is" : "issues are"} in other views.
      </p>
    </div>
  );
}

/** Shows that the road is open, before the app sends anything. */
function TestError({ projectId }: { projectId: number }): ReactNode {
  const test = useTestError(projectId);
  return (
    <p className="pad row wrap">
      <Button busy={test.isPending} onClick={() => test.mutate(undefined, { onError: refused })}>
        Send a test error
      </Button>
      <span className="muted s">
        {test.isSuccess
          ? "Sent; it shows here in a moment."
          : "It goes the whole way of a real one."}
      </span>
    </p>
  );
}

const PARAM = { q: "q", severity: "severity", environment: "env", release: "release" } as const;
type Narrow = keyof typeof PARAM;

/** The filters that are in force. */
const usedOf = (filter: IssueFilter, { q, severity }: SearchMap): Narrow[] => [
  ...(q ? (["q"] as const) : []),
  ...(severityOf(severity) ? (["severity"] as const) : []),
  ...(filter.environment ? (["environment"] as const) : []),
  ...(filter.release ? (["release"] as const) : []),
];

function FilteredOut(props: NoIssuesProps): ReactNode {
  const [, change] = useSearchState();
  return (
    <div className="state">
      <p>{props.view.nothing} matches the filters.</p>
      <ul className="stack tight">
        {usedOf(props.filter, props.search).map((key) => (
          <Without key={key} drop={key} {...props} />
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
  view,
  search,
}: NoIssuesProps & { drop: Narrow }): ReactNode {
  const [, change] = useSearchState();
  const { q = "", severity } = search;
  const query = queryOf(
    drop === "q" ? "" : q,
    drop === "severity" ? null : severityOf(severity),
    view,
  );
  const total = useIssueTotal(
    scope.project.id,
    {
      ...filter,
      q: query,
      ...(drop === "environment" ? { environment: null } : {}),
      ...(drop === "release" ? { release: null } : {}),
      sort: "last_seen",
    },
    true,
  );
  const named = {
    q: `“${q}”`,
    severity: `severity ${severity}`,
    environment: `environment ${filter.environment}`,
    release: `release ${filter.release}`,
  }[drop];
  return (
    <li className="row">
      <span className="muted">
        without {named}: <b>{total.state === "ready" ? count(total.data.total) : "–"}</b>
      </span>
      <Button small onClick={() => change({ [PARAM[drop]]: undefined })}>
        Remove
      </Button>
    </li>
  );
}
