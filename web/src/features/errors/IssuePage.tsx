import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { IssueChange } from "@/api/issue-acts";
import { useIssueFacts } from "@/api/issue-facts";
import { type IssueDetail, useIssue, useIssueEvent } from "@/api/issues";
import { useDeploys } from "@/api/releases";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import { count } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageTools } from "@/ui/PageHead";
import { PageLink, scopeOnly } from "@/ui/PageLink";
import { TabBar } from "@/ui/TabBar";
import { type KeyHelp, useKeys } from "@/ui/useKeys";
import { type Acts, useActs } from "./actions";
import { BeforePanel } from "./Crumbs";
import { EventPanel } from "./EventPanel";
import { IssueHead } from "./IssueHead";
import { Affected, Facts } from "./IssueSide";
import { IssueTrend } from "./IssueTrend";
import { neighboursOf } from "./order";
import { SameMoment } from "./SameMoment";
import { Timeline } from "./Timeline";
import { Places, Suspects } from "./Where";
import "./errors.css";
import "./issue.css";
import "./issue-side.css";

const EventsView = lazy(() => import("./EventsView").then((one) => ({ default: one.EventsView })));
const TagsView = lazy(() => import("./TagsView").then((one) => ({ default: one.TagsView })));
const IssueFeedback = lazy(() =>
  import("./FeedbackPage").then((one) => ({ default: one.IssueFeedback })),
);
const SimilarView = lazy(() =>
  import("./SimilarView").then((one) => ({ default: one.SimilarView })),
);
const WhyView = lazy(() => import("./WhyView").then((one) => ({ default: one.WhyView })));

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

const VIEWS = [
  { id: "event", label: "Event" },
  { id: "events", label: "All events" },
  { id: "tags", label: "Tags" },
  { id: "feedback", label: "Feedback" },
  { id: "similar", label: "Similar and merged" },
  { id: "why", label: "Why one issue" },
] as const;
type ViewId = (typeof VIEWS)[number]["id"];

const ISSUE_KEYS: KeyHelp = [
  ["R  I", "Resolve, ignore"],
  ["A  S", "Assign, severity"],
  ["M", "Similar issues, to merge"],
  ["C", "Write a comment"],
];
const EVENT_KEYS: KeyHelp = [["J  K", "Older, newer event"]];

interface ReadyProps {
  issue: IssueDetail;
  scope: Scope;
}

function Ready({ issue, scope }: ReadyProps): ReactNode {
  const [search, changeSearch] = useSearchState();
  const acts = useActs(scope.project.id);
  const [signals, setSignals] = useState({ assign: 0, severity: 0 });
  const deploys = useDeploys(scope.project.id, scope.range);
  const view = VIEWS.find((one) => one.id === search.view)?.id ?? "event";
  const perform = (wanted: IssueChange): void => acts.change([issue], wanted);
  useKeys(
    {
      r: () => perform({ status: issue.status === "resolved" ? "unresolved" : "resolved" }),
      i: () => perform({ status: issue.status === "ignored" ? "unresolved" : "ignored" }),
      a: () => setSignals((old) => ({ ...old, assign: old.assign + 1 })),
      s: () => setSignals((old) => ({ ...old, severity: old.severity + 1 })),
      m: () => changeSearch({ view: "similar" }),
      c: () => document.getElementById("new-comment")?.focus(),
    },
    ISSUE_KEYS,
  );
  return (
    <>
      <IssueHead
        issue={issue}
        scope={scope}
        assignSignal={signals.assign}
        severitySignal={signals.severity}
        onChange={perform}
      />
      <TabBar
        label="Issue"
        tabs={VIEWS.map((one) =>
          one.id === "events" ? { ...one, note: count(issue.total_events) } : one,
        )}
        value={view}
        onChoose={(id) => changeSearch({ view: id === "event" ? undefined : id })}
        isFlush
      />
      {view === "event" ? (
        <EventView issue={issue} scope={scope} deploys={deploys} />
      ) : (
        <Suspense
          fallback={
            <section className="panel" aria-busy="true" aria-label="Loading">
              <SkeletonRows rows={12} />
            </section>
          }
        >
          <OtherView view={view} issue={issue} scope={scope} acts={acts} />
        </Suspense>
      )}
    </>
  );
}

function OtherView({
  view,
  issue,
  scope,
  acts,
}: ReadyProps & { view: ViewId; acts: Acts }): ReactNode {
  if (view === "events") return <EventsView issue={issue} scope={scope} />;
  if (view === "tags") return <TagsView issue={issue} scope={scope} />;
  if (view === "feedback") return <IssueFeedback issue={issue} scope={scope} />;
  if (view === "similar") return <SimilarView issue={issue} scope={scope} acts={acts} />;
  return <WhyView issue={issue} scope={scope} />;
}

function EventView({
  issue,
  scope,
  deploys,
}: ReadyProps & { deploys: ReturnType<typeof useDeploys> }): ReactNode {
  const [search, changeSearch] = useSearchState();
  const which = search.event ?? "recommended";
  const event = useIssueEvent(scope.project.id, issue.short_id, which);
  const shown = event.value.state === "ready" ? event.value.data : null;
  const goTo = (id: string | null | undefined): void => {
    if (id) changeSearch({ event: id === "recommended" ? undefined : id }, true);
  };
  useKeys(
    {
      j: () => goTo(shown?.previous_id),
      k: () => goTo(shown?.next_id),
    },
    EVENT_KEYS,
  );
  return (
    <div className="issue-cols">
      <div className="stack">
        <IssueTrend issue={issue} scope={scope} deploys={deploys} />
        <EventPanel
          value={event.value}
          isRefreshing={event.refreshing}
          which={which}
          scope={scope}
          onGo={goTo}
        />
        {shown && (search.tab ?? "stack") === "stack" ? <BeforePanel event={shown} /> : null}
      </div>
      <aside className="stack" aria-label="About the issue">
        <SameMoment event={shown} scope={scope} />
        <Facts issue={issue} event={shown} zone={scope.zone} />
        <Affected issue={issue} />
        <Rest issue={issue} scope={scope} event={event.value} />
      </aside>
    </div>
  );
}

/** What is fetched apart and differs in size: shown together, so that none moves another. */
function Rest({
  issue,
  scope,
  event,
}: ReadyProps & { event: ReturnType<typeof useIssueEvent>["value"] }): ReactNode {
  const facts = useIssueFacts(scope.project.id, issue.short_id);
  if (facts.state === "loading" || event.state === "loading")
    return (
      <section className="panel" aria-busy="true" aria-label="Loading">
        <SkeletonRows rows={8} />
      </section>
    );
  return (
    <>
      <Suspects
        issue={issue}
        scope={scope}
        eventId={event.state === "ready" ? event.data.event_id : null}
      />
      <Places issue={issue} scope={scope} />
      <Timeline issue={issue} scope={scope} />
      <p className="faint s">
        <PageLink to="errors" className="link">
          All issues
        </PageLink>
      </p>
    </>
  );
}
