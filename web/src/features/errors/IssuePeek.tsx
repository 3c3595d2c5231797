import type { ReactNode } from "react";
import { type IssueDetail, type IssueEvent, useIssue, useIssueEvent } from "@/api/issues";
import type { Scope } from "@/api/scope";
import { iso } from "@/lib/time";
import { compact } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { SeverityBars } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { Tag } from "@/ui/Panel";
import { Peek } from "@/ui/Peek";
import { marksOfRow } from "./IssueTable";
import { Stack } from "./Stack";
import "./issue.css";

interface IssuePeekProps {
  scope: Scope;
  shortId: string;
  onMove: (by: 1 | -1) => void;
  onClose: () => void;
}

/** An issue beside the list: what it is, how much of it there is, and its stack. */
export function IssuePeek({ scope, shortId, onMove, onClose }: IssuePeekProps): ReactNode {
  const issue = useIssue(scope.project.id, shortId, scope.range).value;
  const event = useIssueEvent(scope.project.id, shortId, "recommended").value;
  return (
    <Peek
      label={`Issue ${shortId}`}
      page={{ to: `errors/${shortId}` }}
      onMove={onMove}
      onClose={onClose}
    >
      <Async value={issue} empty={null} minHeight={160} skeleton={<SkeletonRows rows={5} />}>
        {(data) => <Top issue={data} zone={scope.zone} />}
      </Async>
      <Async value={event} empty={null} minHeight={320} skeleton={<SkeletonRows rows={10} />}>
        {(data) => (
          <>
            <Ways event={data} />
            <section className="peek-stack" aria-label="Stack">
              <Stack key={data.event_id} event={data} view="readable" />
            </section>
          </>
        )}
      </Async>
    </Peek>
  );
}

function Top({ issue, zone }: { issue: IssueDetail; zone: string }): ReactNode {
  return (
    <>
      <div className="peek-top">
        <h3>{issue.title}</h3>
        {issue.culprit ? <p className="mono muted">{issue.culprit}</p> : null}
        <div className="row wrap">
          <span className="tag">
            <SeverityBars severity={issue.severity} silent /> {issue.severity}
          </span>
          {marksOfRow(issue).map((one) => (
            <Tag key={one.text} tone={one.tone}>
              {one.text}
            </Tag>
          ))}
          {issue.is_handled ? null : <Tag tone="warn">Unhandled</Tag>}
          {issue.environment ? <Tag>{issue.environment}</Tag> : null}
          {issue.release ? (
            <PageLink
              to="errors/releases"
              search={{ version: issue.release }}
              className="tag trunc"
              title="The release"
            >
              {issue.release}
            </PageLink>
          ) : null}
        </div>
      </div>
      <dl className="peek-numbers">
        <Figure name="Events in range" value={compact(issue.events)} />
        <Figure name="Users" value={compact(issue.users)} />
        <Figure name="First seen" value={<Ago atMs={issue.first_seen_ms} zone={zone} />} />
        <Figure name="Last seen" value={<Ago atMs={issue.last_seen_ms} zone={zone} />} />
      </dl>
    </>
  );
}

function Figure({ name, value }: { name: string; value: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const AROUND_MS = 300_000;

/** To what else is known of the same moment. */
function Ways({ event }: { event: IssueEvent }): ReactNode {
  const around = { from: iso(event.ts_ms - AROUND_MS), to: iso(event.ts_ms + AROUND_MS) };
  const id = event.trace_id;
  return (
    <div className="peek-ways">
      {id ? (
        <PageLink to={`traces/${id}`} className="btn sm">
          <Icon name="trace" small /> Trace {id.slice(0, 8)}
        </PageLink>
      ) : null}
      <PageLink
        to="logs"
        search={{ ...around, ...(id ? { q: `trace:${id}` } : {}) }}
        className="btn sm"
      >
        <Icon name="logs" small /> {id ? "Logs of this trace" : "Logs around it"}
      </PageLink>
    </div>
  );
}
