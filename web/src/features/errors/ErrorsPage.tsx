import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import {
  type IssueFilter,
  type IssueList,
  useChangeIssues,
  useIssuePages,
  usePrefetchIssue,
} from "@/api/issues";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import type { IssueRow } from "@/api/types";
import { mapLoaded } from "@/lib/loaded";
import type { SearchMap } from "@/lib/url-state";
import { useNow } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { scopeOnly } from "@/ui/PageLink";
import { useKeys } from "@/ui/useKeys";
import { act } from "./actions";
import { BulkBar } from "./BulkBar";
import { FilterBar } from "./FilterBar";
import { IssueTable } from "./IssueTable";
import { NoIssues } from "./NoIssues";
import { rememberOrder } from "./order";
import { SeverityChart } from "./SeverityChart";
import { dayStart, severityOf, sortOf, type View, viewOf } from "./views";
import "./errors.css";

/** The list of issues: views, filters, what happens over time, and rows to act on. */
export function ErrorsPage(): ReactNode {
  const scope = useScope();
  const [search] = useSearchState();
  const view = viewOf(search.tab);
  const filter = useFilter(scope, search, view);
  const list = useIssuePages(scope.project.id, filter);
  const start = dayStart(useNow(), scope.zone);
  const rows = useMemo(
    () =>
      list.value.state === "ready"
        ? list.value.data.rows.filter((row) => view.holds(row, start))
        : [],
    [list.value, view, start],
  );
  const isLast = !list.hasMore || (view.id === "new" && rows.length < rowCount(list.value));
  return (
    <div className="page errors">
      <SeverityChart value={mapLoaded(list.value, (data) => data.stats)} scope={scope} />
      <section className="panel open" aria-label="Issues">
        {list.refreshing ? <div className="progress" /> : null}
        <FilterBar search={search} view={view} shown={rows.length} value={list.value} />
        <Async
          value={list.value}
          empty={null}
          minHeight={440}
          skeleton={<SkeletonRows rows={8} height={44} />}
        >
          {() =>
            rows.length === 0 && isLast ? (
              <NoIssues scope={scope} filter={filter} view={view} />
            ) : (
              <Rows
                scope={scope}
                rows={rows}
                more={
                  isLast ? null : (
                    <Button busy={list.isLoadingMore} onClick={list.loadMore}>
                      {list.isLoadingMore ? "Loading…" : "Load 50 more"}
                    </Button>
                  )
                }
              />
            )
          }
        </Async>
      </section>
    </div>
  );
}

const rowCount = (value: { state: string; data?: IssueList }): number =>
  value.data?.rows.length ?? 0;

function useFilter(scope: Scope, search: SearchMap, view: View): IssueFilter {
  const { range, environment, release } = scope;
  const { q = "", severity, sort } = search;
  return useMemo(
    () => ({
      range,
      status: view.status,
      severity: severityOf(severity),
      q,
      environment,
      release,
      sort: view.sort ?? sortOf(sort),
    }),
    [range, view, severity, q, environment, release, sort],
  );
}

interface RowsProps {
  scope: Scope;
  rows: readonly IssueRow[];
  more: ReactNode;
}

/** Rows with a cursor, a selection and the keys that act on either. */
function Rows({ scope, rows, more }: RowsProps): ReactNode {
  const [search, changeSearch] = useSearchState();
  const navigate = useNavigate();
  const change = useChangeIssues(scope.project.id);
  const prefetch = usePrefetchIssue(scope.project.id, scope.range);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const ids = useMemo(() => rows.map((row) => row.short_id), [rows]);
  useEffect(() => rememberOrder(ids), [ids]);
  const chosen = rows.filter((row) => picked.has(row.short_id));
  const cursor = ids.indexOf(search.sel ?? "");
  const targets = chosen.length > 0 ? chosen : rows.slice(Math.max(cursor, 0), cursor + 1);

  const move = (by: number): void => {
    const next = ids[Math.min(Math.max(cursor + by, 0), ids.length - 1)];
    if (next === undefined) return;
    changeSearch({ sel: next }, true);
    document.getElementById(`issue-${next}`)?.scrollIntoView({ block: "nearest" });
    prefetch(next);
  };
  const toggle = (id: string): void => setPicked((old) => toggled(old, id));
  const open = (): void => {
    const id = ids[cursor];
    if (id === undefined) return;
    void navigate({
      to: `/o/${scope.org.slug}/errors/${id}`,
      search: (old: SearchMap) => scopeOnly(old),
    });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: open,
    x: () => (ids[cursor] === undefined ? move(1) : toggle(ids[cursor])),
    r: () => act(change, targets, { status: "resolved" }),
    i: () => act(change, targets, { status: "ignored" }),
    Escape: () => (picked.size > 0 ? setPicked(new Set()) : changeSearch({ sel: undefined }, true)),
  });
  const pickAll = (on: boolean): void => setPicked(new Set(on ? ids : []));
  return (
    <>
      <IssueTable
        rows={rows}
        zone={scope.zone}
        cursor={ids[cursor] ?? null}
        picked={picked}
        onToggle={toggle}
        onPickAll={pickAll}
        onPrefetch={prefetch}
        bulk={
          chosen.length === 0 ? null : (
            <BulkBar
              rows={chosen}
              of={rows.length}
              onChange={(wanted) => {
                act(change, chosen, wanted);
                setPicked(new Set());
              }}
              onClear={() => setPicked(new Set())}
              onPickAll={pickAll}
            />
          )
        }
      />
      {more ? <p className="issue-more">{more}</p> : null}
    </>
  );
}

function toggled(old: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(old);
  if (!next.delete(id)) next.add(id);
  return next;
}
