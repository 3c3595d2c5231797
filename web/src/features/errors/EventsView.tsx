import { type ReactNode, useState } from "react";
import { type EventRow, useIssueEvents } from "@/api/issue-facts";
import type { IssueDetail } from "@/api/issues";
import { type Scope, useSearchState } from "@/api/scope";
import { moment } from "@/lib/time";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { QueryField, type QueryProblem } from "@/ui/QueryField";
import { type Column, Table } from "@/ui/Table";

/** Events of the issue in the range, newest first, page after page. */
export function EventsView({ issue, scope }: { issue: IssueDetail; scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const q = search.q ?? "";
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const { value, refreshing } = useIssueEvents(
    scope.project.id,
    issue.short_id,
    scope.range,
    q,
    cursors.at(-1) ?? "",
  );
  const problem: QueryProblem | null =
    value.state === "failed" && value.failure.field === "q"
      ? { message: value.failure.message, at: value.failure.position ?? null }
      : null;
  const next = value.state === "ready" ? value.data.next_cursor : null;
  return (
    <section className="panel open" aria-label="Events">
      {refreshing ? <div className="progress" /> : null}
      <div className="filters">
        <QueryField
          label="Search events"
          placeholder="release:shop@1.2, user.id:42, environment:production"
          value={q}
          onRun={(text) => {
            setCursors([]);
            change({ q: text || undefined });
          }}
          onTyping={() => undefined}
          offers={null}
          history={[]}
          problem={problem}
        />
      </div>
      {problem ? null : (
        <Async
          value={value}
          empty={null}
          minHeight={420}
          skeleton={<SkeletonRows rows={12} height={32} />}
        >
          {({ events }) => (
            <Table
              label="Events"
              rows={events}
              rowKey={(row) => row.event_id}
              columns={columnsOf(issue.short_id, scope.zone)}
              empty="No event of this issue in the range matches."
            />
          )}
        </Async>
      )}
      {value.state !== "ready" || (cursors.length === 0 && next === null) ? null : (
        <p className="issue-more row">
          <Button
            reason={cursors.length === 0 ? "These are the newest" : undefined}
            onClick={() => setCursors((old) => old.slice(0, -1))}
          >
            Newer
          </Button>
          <Button
            reason={next ? undefined : "There are no older ones in the range"}
            onClick={() => (next ? setCursors((old) => [...old, next]) : undefined)}
          >
            Older
          </Button>
        </p>
      )}
    </section>
  );
}

const columnsOf = (shortId: string, zone: string): readonly Column<EventRow>[] => [
  {
    head: "Event",
    cell: (row) => (
      <PageLink
        to={`errors/${shortId}`}
        search={{ event: row.event_id }}
        className="link"
        title={row.event_id}
      >
        <span className="mono">{row.event_id.slice(0, 8)}</span>{" "}
        <span className="only-l">{row.title}</span>
      </PageLink>
    ),
  },
  { head: "Time", width: "190px", cell: (row) => moment(row.ts_ms, zone, Date.now()) },
  { head: "Release", width: "130px", isWideOnly: true, cell: (row) => row.release || "–" },
  { head: "Environment", width: "110px", isWideOnly: true, cell: (row) => row.environment || "–" },
  { head: "User", width: "140px", isWideOnly: true, cell: (row) => row.user || "–" },
  {
    head: "Where",
    width: "170px",
    isWideOnly: true,
    cell: (row) => (
      <span className="mono trunc" title={row.url}>
        {row.transaction || row.url || "–"}
      </span>
    ),
  },
  {
    head: "Trace",
    width: "90px",
    isWideOnly: true,
    cell: (row) =>
      row.trace_id ? (
        <PageLink to={`traces/${row.trace_id}`} className="link mono">
          {row.trace_id.slice(0, 8)}
        </PageLink>
      ) : (
        "–"
      ),
  },
  {
    head: "Compare",
    width: "84px",
    isWideOnly: true,
    isSilent: true,
    cell: (row) => (
      <PageLink
        to={`errors/${shortId}`}
        search={{ view: "why", other: row.event_id }}
        className="link"
        title="Beside the latest event: what makes them one issue"
      >
        Compare
      </PageLink>
    ),
  },
];
