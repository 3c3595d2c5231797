import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useCursor } from "@/api/cursor";
import type { IssueChange } from "@/api/issue-acts";
import { useKeptSearches } from "@/api/issue-search";
import { type IssueFilter, type IssueList, useIssuePages, usePrefetchIssue } from "@/api/issues";
import { useDeploys } from "@/api/releases";
import { type Scope, useScope, useSearchState } from "@/api/scope";
import type { IssueRow } from "@/api/types";
import { mapLoaded } from "@/lib/loaded";
import type { SearchMap } from "@/lib/url-state";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { scopeOnly } from "@/ui/PageLink";
import { toast } from "@/ui/Toasts";
import { type KeyHelp, LIST_KEYS, useKeys } from "@/ui/useKeys";
import { useActs } from "./actions";
import { ErrorTabs } from "./ErrorTabs";
import { FilterBar, problemOf } from "./FilterBar";
import { IssueTable } from "./IssueTable";
import { issueFacts } from "./issue-menu";
import { addressOf } from "./KeptSearches";
import { BulkBar, IssuePeek, MergeDialog, NoIssues } from "./lazily";
import { rememberOrder } from "./order";
import { SeverityChart } from "./SeverityChart";
import { queryOf, severityOf, sortOf, type View, viewOf } from "./views";
import "./errors.css";

/** The list of issues: views, search, what happens over time, and rows to act on. */
export function ErrorsPage(): ReactNode {
  const scope = useScope();
  const [search] = useSearchState();
  useDefaultSearch(scope, search);
  const view = viewOf(search.tab);
  const filter = useFilter(scope, search, view);
  const list = useIssuePages(scope.project.id, filter);
  const deploys = useDeploys(scope.project.id, scope.range, scope.environment);
  const isBadSearch = problemOf(list.value) !== null;
  return (
    <div className="page errors">
      <ErrorTabs current="issues" />
      <SeverityChart
        value={isBadSearch ? UNREAD : mapLoaded(list.value, (data) => data.stats)}
        scope={scope}
        deploys={deploys}
      />
      <section className="panel open" aria-label="Issues">
        {list.refreshing ? <div className="progress" /> : null}
        <FilterBar scope={scope} search={search} view={view} value={list.value} />
        {isBadSearch && list.value.state === "failed" ? (
          <p className="state muted">The search cannot be read. Mend it above, or clear it.</p>
        ) : (
          <Async
            value={list.value}
            empty={null}
            minHeight={440}
            skeleton={<SkeletonRows rows={8} height={44} />}
          >
            {(data) =>
              data.rows.length === 0 ? (
                <Suspense fallback={<div style={{ minHeight: 220 }} aria-busy="true" />}>
                  <NoIssues scope={scope} filter={filter} view={view} search={search} />
                </Suspense>
              ) : (
                <Rows
                  key={JSON.stringify(filter)}
                  scope={scope}
                  list={data}
                  filter={filter}
                  more={
                    list.hasMore ? (
                      <Button busy={list.isLoadingMore} onClick={list.loadMore}>
                        {list.isLoadingMore ? "Loading…" : "Load 50 more"}
                      </Button>
                    ) : null
                  }
                />
              )
            }
          </Async>
        )}
      </section>
    </div>
  );
}

const UNREAD = { state: "empty" } as const;

/** Projects whose default search was put into the address since the page was loaded. */
const opened = new Set<number>();

/** The list opens with the default search, once, where the address asks for nothing itself. */
function useDefaultSearch(scope: Scope, search: SearchMap): void {
  const [, change] = useSearchState();
  const searches = useKeptSearches(scope.project.id);
  const asks = Boolean(search.tab || search.q || search.sort || search.severity);
  useEffect(() => {
    if (searches.state !== "ready" || opened.has(scope.project.id)) return;
    opened.add(scope.project.id);
    const { default_id, searches: all } = searches.data;
    const kept = all.find((one) => one.id === default_id);
    if (kept && !asks) change(addressOf(kept), true);
  }, [searches, scope.project.id, asks, change]);
}

function useFilter(scope: Scope, search: SearchMap, view: View): IssueFilter {
  const { range, environment, release } = scope;
  const { q = "", severity, sort } = search;
  return useMemo(
    () => ({
      range,
      q: queryOf(q, severityOf(severity), view),
      environment,
      release,
      sort: view.sort ?? sortOf(sort),
    }),
    [range, view, severity, q, environment, release, sort],
  );
}

interface RowsProps {
  scope: Scope;
  list: IssueList;
  filter: IssueFilter;
  more: ReactNode;
}

const ISSUE_KEYS: KeyHelp = [
  ...LIST_KEYS,
  ["X", "Select the issue"],
  ["Shift J  K", "Select on the way"],
  ["R  I", "Resolve, ignore"],
  ["A  S  M", "Assign, severity, merge"],
];

/** How often each menu of the bar was asked for by its key. */
const CLOSED = { assign: 0, severity: 0 };

/** Rows with a cursor, a selection and the keys that act on either. */
function Rows({ scope, list, filter, more }: RowsProps): ReactNode {
  const { rows, total } = list;
  const [search, changeSearch] = useSearchState();
  const canSort = viewOf(search.tab).sort === undefined;
  const acts = useActs(scope.project.id);
  const prefetch = usePrefetchIssue(scope.project.id, scope.range);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const [merging, setMerging] = useState<readonly IssueRow[] | null>(null);
  const [signals, setSignals] = useState(CLOSED);
  const ids = useMemo(() => rows.map((row) => row.short_id), [rows]);
  useEffect(() => rememberOrder(ids), [ids]);
  const cursor = useCursor(ids, { elementOf, onReach: prefetch });
  const navigate = useNavigate();
  const chosen = rows.filter((row) => picked.has(row.short_id));
  const targets = chosen.length > 0 ? chosen : rows.slice(Math.max(cursor.at, 0), cursor.at + 1);

  const pick = (next: ReadonlySet<string>): void => {
    setPicked(next);
    setAll(false);
    // The bar goes with the last row: when it is back, none of its menus may open by itself.
    if (next.size === 0) setSignals(CLOSED);
  };
  const toggle = (id: string): void => pick(toggled(picked, id));
  const pickAll = (on: boolean): void => pick(new Set(on ? ids : []));
  const perform = (wanted: IssueChange): void => {
    if (isAll) acts.changeFound({ found: filter }, wanted, total);
    else acts.change(targets, wanted);
    pick(new Set());
  };
  const merge = (): void => {
    if (isAll || chosen.length < 2) toast("Select two issues or more to merge them with X");
    else setMerging(chosen);
  };
  /** The menus stand in the bar, which is there while something is selected. */
  const openMenu = (menu: "assign" | "severity"): void => {
    const at = cursor.id;
    if (chosen.length === 0 && at !== null) pick(new Set([at]));
    setSignals((old) => ({ ...old, [menu]: old[menu] + 1 }));
  };
  useKeys(
    {
      ...cursor.keys,
      J: () => {
        const at = cursor.id;
        if (at !== null) pick(new Set([...picked, at]));
        cursor.move(1);
      },
      K: () => {
        const at = cursor.id;
        if (at !== null) pick(new Set([...picked, at]));
        cursor.move(-1);
      },
      Enter: () => {
        if (cursor.id === null) return;
        void navigate({
          to: `/o/${scope.org.slug}/errors/${cursor.id}`,
          search: (old: SearchMap) => scopeOnly(old),
        });
      },
      x: () => {
        const at = cursor.id;
        if (at === null) cursor.move(1);
        else toggle(at);
      },
      r: () => perform({ status: "resolved" }),
      i: () => perform({ status: "ignored" }),
      a: () => openMenu("assign"),
      s: () => openMenu("severity"),
      m: merge,
      Escape: () => (cursor.peeked === null && picked.size > 0 ? pick(new Set()) : cursor.leave()),
    },
    ISSUE_KEYS,
  );
  const menu = {
    q: search.q ?? "",
    onSearch: (q: string) => changeSearch({ q, sel: undefined, peek: undefined }),
    onPeek: cursor.peek,
    onChange: (row: IssueRow, wanted: IssueChange) => acts.change([row], wanted),
  };
  const latest = useRef(menu);
  latest.current = menu;
  const factsOf = useCallback((row: IssueRow) => issueFacts(row, latest.current), []);
  return (
    <>
      <IssueTable
        rows={rows}
        zone={scope.zone}
        cursor={cursor.id}
        peeked={cursor.peeked}
        onPeek={cursor.peek}
        picked={picked}
        sort={filter.sort}
        onSort={
          canSort ? (sort) => changeSearch({ sort: sort === "last_seen" ? undefined : sort }) : null
        }
        onToggle={toggle}
        onPickAll={pickAll}
        onPrefetch={prefetch}
        factsOf={factsOf}
        bulk={
          chosen.length === 0 ? null : (
            <Suspense fallback={<div className="bulk" />}>
              <BulkBar
                scope={scope}
                rows={chosen}
                of={rows.length}
                total={total}
                isAll={isAll}
                assignSignal={signals.assign}
                severitySignal={signals.severity}
                onAll={() => setAll(true)}
                onChange={perform}
                onMerge={merge}
                onClear={() => pick(new Set())}
                onPickAll={pickAll}
              />
            </Suspense>
          )
        }
      />
      {more ? <p className="issue-more">{more}</p> : null}
      {cursor.peeked === null ? null : (
        <Suspense fallback={null}>
          <IssuePeek
            scope={scope}
            shortId={cursor.peeked}
            onMove={cursor.move}
            onClose={() => cursor.peek(null)}
          />
        </Suspense>
      )}
      {merging === null ? null : (
        <Suspense fallback={null}>
          <MergeDialog
            rows={merging}
            onClose={() => setMerging(null)}
            onMerge={(wanted) => {
              acts.merge(wanted);
              pick(new Set());
            }}
          />
        </Suspense>
      )}
    </>
  );
}

const elementOf = (id: string): string => `issue-${id}`;

function toggled(old: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(old);
  if (!next.delete(id)) next.add(id);
  return next;
}
