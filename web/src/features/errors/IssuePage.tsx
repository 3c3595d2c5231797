import { useNavigate, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type IssueDetail, useChangeIssues, useIssue, useIssueEvent } from "@/api/issues";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import type { SearchMap } from "@/lib/url-state";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageTools } from "@/ui/PageHead";
import { PageLink, scopeOnly } from "@/ui/PageLink";
import { useKeys } from "@/ui/useKeys";
import { act } from "./actions";
import { BeforePanel } from "./Crumbs";
import { EventPanel } from "./EventPanel";
import { IssueHead } from "./IssueHead";
import { Activity, Affected, Facts } from "./IssueSide";
import { IssueTrend } from "./IssueTrend";
import { neighboursOf } from "./order";
import "./issue.css";

/** One issue: what it is, how often, one event of it in full, and who is affected. */
export function IssuePage(): ReactNode {
  const scope = useScope();
  const { shortId = "" } = useParams({ strict: false }) as { shortId?: string };
  const { value } = useIssue(scope.project.id, shortId, scope.range);
  return (
    <div className="page issue">
      <Neighbours shortId={shortId} scope={scope} />
      <Async value={value} empty={null} minHeight={700} skeleton={<Skeleton />}>
        {(issue) => <Ready key={shortId} issue={issue} scope={scope} />}
      </Async>
    </div>
  );
}

function Skeleton(): ReactNode {
  return (
    <div className="stack">
      <div style={{ height: 76 }} />
      <div className="panel" style={{ height: 104 }} />
      <div className="panel" style={{ minHeight: 420 }}>
        <SkeletonRows rows={10} />
      </div>
    </div>
  );
}

/** Previous and next of the list that the person came from. */
function Neighbours({ shortId, scope }: { shortId: string; scope: Scope }): ReactNode {
  const navigate = useNavigate();
  const { previous, next } = neighboursOf(shortId);
  const go = (id: string | undefined): void => {
    if (id === undefined) return;
    void navigate({
      to: `/o/${scope.org.slug}/errors/${id}`,
      search: (old: SearchMap) => scopeOnly(old),
    });
  };
  return (
    <PageTools>
      <span className="seg only-l">
        <Button
          className="ctl"
          icon="left"
          aria-label={`Previous issue${previous ? `, ${previous}` : ""}`}
          reason={previous ? undefined : "No issue before it in the list"}
          onClick={() => go(previous)}
        />
        <Button
          className="ctl"
          icon="right"
          aria-label={`Next issue${next ? `, ${next}` : ""}`}
          reason={next ? undefined : "No issue after it in the list"}
          onClick={() => go(next)}
        />
      </span>
    </PageTools>
  );
}

function Ready({ issue, scope }: { issue: IssueDetail; scope: Scope }): ReactNode {
  const [search, changeSearch] = useSearchState();
  const change = useChangeIssues(scope.project.id);
  const which = search.event ?? "recommended";
  const event = useIssueEvent(scope.project.id, issue.short_id, which);
  const shown = event.value.state === "ready" ? event.value.data : null;
  const goTo = (id: string | null | undefined): void => {
    if (id) changeSearch({ event: id === "recommended" ? undefined : id }, true);
  };
  useKeys({
    j: () => goTo(shown?.previous_id),
    k: () => goTo(shown?.next_id),
    r: () =>
      act(change, [issue], { status: issue.status === "resolved" ? "unresolved" : "resolved" }),
    i: () =>
      act(change, [issue], { status: issue.status === "ignored" ? "unresolved" : "ignored" }),
  });
  return (
    <>
      <IssueHead issue={issue} scope={scope} onChange={(wanted) => act(change, [issue], wanted)} />
      <div className="issue-cols">
        <div className="stack">
          <IssueTrend issue={issue} scope={scope} />
          <EventPanel
            value={event.value}
            isRefreshing={event.refreshing}
            which={which}
            zone={scope.zone}
            onGo={goTo}
          />
          {shown && (search.tab ?? "stack") === "stack" ? <BeforePanel event={shown} /> : null}
        </div>
        <aside className="stack" aria-label="About the issue">
          <Facts issue={issue} event={shown} zone={scope.zone} />
          <Affected issue={issue} />
          <Activity issue={issue} zone={scope.zone} />
          <p className="faint s">
            <PageLink to="errors" className="link">
              All issues
            </PageLink>
          </p>
        </aside>
      </div>
    </>
  );
}
