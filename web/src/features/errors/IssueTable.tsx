import { memo, type ReactNode } from "react";
import type { IssueSort } from "@/api/issues";
import type { IssueRow } from "@/api/types";
import { Sparkline } from "@/charts/Sparkline";
import { compact } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Glyph, SeverityBars, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Avatar, Tag, type Tone } from "@/ui/Panel";
import { PeekButton } from "@/ui/PeekButton";
import { type RowFacts, rowMenu } from "@/ui/row-menu";

interface IssueTableProps {
  rows: readonly IssueRow[];
  zone: string;
  cursor: string | null;
  /** The one that is open beside. */
  peeked: string | null;
  onPeek: (id: string) => void;
  picked: ReadonlySet<string>;
  sort: IssueSort;
  /** null where the view has an order of its own. */
  onSort: ((sort: IssueSort) => void) | null;
  onToggle: (id: string) => void;
  onPickAll: (on: boolean) => void;
  onPrefetch: (id: string) => void;
  /** What the menu of a row offers; the same function while nothing of it changes. */
  factsOf: (row: IssueRow) => RowFacts;
  /** Stands over the head while rows are selected. */
  bulk: ReactNode;
}

/** Issues in rows of two lines; a page of 50 each, rows out of view are not laid out. */
export function IssueTable(props: IssueTableProps): ReactNode {
  const { rows, zone, cursor, peeked, onPeek, picked, onToggle, onPickAll, onPrefetch, bulk } =
    props;
  const head = { sort: props.sort, onSort: props.onSort };
  return (
    <div className="issues-wrap">
      {bulk}
      <table className="t issues" aria-rowcount={rows.length}>
        <thead>
          <tr>
            <th scope="col" className="pick">
              <input
                type="checkbox"
                aria-label="Select all shown"
                checked={picked.size > 0 && picked.size === rows.length}
                onChange={(event) => onPickAll(event.target.checked)}
              />
            </th>
            <th scope="col">Issue</th>
            <th scope="col" className="only-l">
              Trend in range
            </th>
            <SortHead of="events" label="Events" {...head} />
            <SortHead of="users" label="Users" isWideOnly {...head} />
            <SortHead of="first_seen" label="First seen" isWideOnly {...head} />
            <SortHead of="last_seen" label="Last seen" isWideOnly {...head} />
            <th scope="col" className="only-l">
              Assignee
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row
              key={row.short_id}
              row={row}
              zone={zone}
              isCursor={row.short_id === cursor}
              isPeeked={row.short_id === peeked}
              onPeek={onPeek}
              isPicked={picked.has(row.short_id)}
              onToggle={onToggle}
              onPrefetch={onPrefetch}
              factsOf={props.factsOf}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A head that sorts: the most, or the newest, first. */
function SortHead({
  of,
  label,
  sort,
  onSort,
  isWideOnly = false,
}: Pick<IssueTableProps, "sort" | "onSort"> & {
  of: IssueSort;
  label: string;
  isWideOnly?: boolean;
}): ReactNode {
  const isChosen = sort === of;
  return (
    <th
      scope="col"
      className={isWideOnly ? "num only-l" : "num"}
      {...(isChosen ? { "aria-sort": "descending" } : {})}
    >
      {onSort ? (
        <button type="button" className="sort" onClick={() => onSort(of)}>
          {isChosen ? <span aria-hidden="true">↓ </span> : null}
          {label}
        </button>
      ) : (
        label
      )}
    </th>
  );
}

interface RowProps {
  row: IssueRow;
  zone: string;
  isCursor: boolean;
  isPeeked: boolean;
  isPicked: boolean;
  onPeek: (id: string) => void;
  onToggle: (id: string) => void;
  onPrefetch: (id: string) => void;
  factsOf: (row: IssueRow) => RowFacts;
}

const Row = memo(function Row({
  row,
  zone,
  isCursor,
  isPeeked,
  isPicked,
  onPeek,
  onToggle,
  onPrefetch,
  factsOf,
}: RowProps): ReactNode {
  const classes = [isCursor && "cursor", isPeeked && "peeked", isPicked && "picked"]
    .filter(Boolean)
    .join(" ");
  const isHot = row.severity === "critical" || row.severity === "high";
  return (
    <tr
      id={`issue-${row.short_id}`}
      className={classes || undefined}
      aria-current={isCursor || undefined}
      onPointerEnter={() => onPrefetch(row.short_id)}
      onFocus={() => onPrefetch(row.short_id)}
      {...rowMenu(() => factsOf(row))}
    >
      <td className="pick">
        <input
          type="checkbox"
          aria-label={`Select ${row.short_id}`}
          checked={isPicked}
          onChange={() => onToggle(row.short_id)}
        />
      </td>
      <td>
        <PageLink to={`errors/${row.short_id}`} className="issue-cell">
          <span className="l1">
            <SeverityBars severity={row.severity} />
            <span className="m trunc" title={row.title}>
              {row.title}
            </span>
            <RowMarks row={row} />
          </span>
          <span className="l2 faint s">
            <span className="mono">{row.short_id}</span>
            {row.culprit ? <span className="mono trunc culprit">{row.culprit}</span> : null}
            {row.environment ? <span className="only-l aside">{row.environment}</span> : null}
            {row.release ? <span className="trunc only-l aside">{row.release}</span> : null}
            {row.comments > 0 ? (
              <span className="only-l aside">
                {row.comments} {row.comments === 1 ? "comment" : "comments"}
              </span>
            ) : null}
            <span className="only-s">
              <Ago atMs={row.last_seen_ms} zone={zone} />
            </span>
          </span>
        </PageLink>
        <PeekButton name={row.short_id} onPeek={() => onPeek(row.short_id)} />
      </td>
      <td className="only-l">
        <Sparkline
          values={row.spark}
          kind="bars"
          hot={isHot}
          label={`${compact(row.events)} events in the range`}
        />
      </td>
      <td className="num m">{compact(row.events)}</td>
      <td className="num only-l">{compact(row.users)}</td>
      <td className="num only-l muted">
        <Ago atMs={row.first_seen_ms} zone={zone} kind="bare" />
      </td>
      <td className="num only-l muted">
        <Ago atMs={row.last_seen_ms} zone={zone} kind="bare" />
      </td>
      <td className="only-l">
        {row.assignee ? (
          <span className="nm" title={row.assignee}>
            <Avatar name={row.assignee.replace(/@.*/, "").replaceAll(/[._-]/g, " ")} />
            <span>{row.assignee.replace(/@.*/, "")}</span>
          </span>
        ) : (
          <span className="faint">–</span>
        )}
      </td>
    </tr>
  );
});

/** What is out of the ordinary about a row; on phones the first of it as a glyph. */
function RowMarks({ row }: { row: IssueRow }): ReactNode {
  const marks = marksOfRow(row);
  const first = marks[0];
  if (first === undefined) return null;
  return (
    <>
      <span className="only-l row-marks">
        {marks.map((one) => (
          <Tag key={one.text} tone={one.tone}>
            {one.text}
          </Tag>
        ))}
      </span>
      <span className="only-s">
        <Glyph status={first.status} label={first.text.toLowerCase()} />
      </span>
    </>
  );
}

interface RowMark {
  readonly text: string;
  readonly tone: Tone;
  readonly status: Status;
}

/** At most two: that nothing is to be done, then the most urgent. */
export function marksOfRow(row: IssueRow): RowMark[] {
  const all: (RowMark | false)[] = [
    row.status === "resolved" && { text: "Resolved", tone: "ok", status: "ok" },
    row.status === "ignored" && { text: "Ignored", tone: "plain", status: "paused" },
    row.is_regressed && { text: "Regressed", tone: "warn", status: "warn" },
    row.is_escalating && { text: "Escalating", tone: "warn", status: "warn" },
    row.is_since_deploy && { text: "Since deploy", tone: "info", status: "deploy" },
    row.is_new && !row.is_since_deploy && { text: "New", tone: "info", status: "info" },
  ];
  return all.filter((one) => one !== false).slice(0, 2);
}
