import type { ReactNode } from "react";
import type { IssueRow } from "@/api/types";
import { Sparkline } from "@/charts/Sparkline";
import { compact } from "@/lib/units";
import { Waiting } from "@/ui/Async";
import { Glyph, SeverityBars } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

interface IssuesPanelProps {
  issues: readonly IssueRow[];
  unresolved: number;
}

export function IssuesPanel({ issues, unresolved }: IssuesPanelProps): ReactNode {
  return (
    <Panel
      title="New and regressed issues"
      more={
        <PageLink to="errors" className="more">
          {unresolved > 0
            ? `${unresolved > 1 ? "All " : ""}${compact(unresolved)} unresolved`
            : "All issues"}
        </PageLink>
      }
    >
      {issues.length === 0 ? <Nothing unresolved={unresolved} /> : <Rows issues={issues} />}
    </Panel>
  );
}

function Nothing({ unresolved }: { unresolved: number }): ReactNode {
  return (
    <div className="calm">
      {unresolved > 0 ? (
        <>
          <Glyph status="ok" label="" />
          No new or regressed issue in this range.
        </>
      ) : (
        <Waiting>
          No issue so far.{" "}
          <PageLink to="settings/sources" className="link">
            Connect a Sentry SDK
          </PageLink>
        </Waiting>
      )}
    </div>
  );
}

function Rows({ issues }: { issues: readonly IssueRow[] }): ReactNode {
  return (
    <table className="t new-issues">
      <thead>
        <tr>
          <th scope="col">Issue</th>
          <th scope="col" className="only-l">
            24 h
          </th>
          <th scope="col" className="num">
            Events
          </th>
          <th scope="col" className="num">
            Users
          </th>
        </tr>
      </thead>
      <tbody>
        {issues.map((issue) => (
          <tr key={issue.id}>
            <td>
              <PageLink
                to={`errors/${issue.short_id}`}
                className="nm"
                title={`${issue.short_id} ${issue.title}`}
              >
                <SeverityBars severity={issue.severity} />
                <span>{issue.title}</span>
              </PageLink>
            </td>
            <td className="only-l">
              <Sparkline values={issue.spark} kind="bars" />
            </td>
            <td className="num">{compact(issue.events)}</td>
            <td className="num">{compact(issue.users)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
